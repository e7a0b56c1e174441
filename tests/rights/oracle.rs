//! What everybody may read, kept beside the product in the simplest way there is.

use std::collections::BTreeSet;

use crate::Dice;
use crate::world::World;

pub(crate) const DOCUMENTS: usize = 12;
pub(crate) const PEOPLE: usize = 4;
const GROUPS: usize = 3;

/// Labels of documents and groups of people.
pub(crate) struct Oracle {
    pub(crate) labels: Vec<Vec<String>>,
    pub(crate) groups: Vec<Vec<usize>>,
}

/// Words that stand in one document only: in its path, its title and its text.
pub(crate) fn words_of(document: usize) -> [String; 3] {
    ["pathword", "titleword", "secretword"].map(|kind| format!("{kind}{}", code(document)))
}

/// Letters that no other document's code begins with.
pub(crate) fn code(document: usize) -> String {
    let letter = |number: usize| char::from(b"bcdfghjklmnpqrst"[number % 16]);
    format!("q{}{}x", letter(document), letter(document * 7 + 3))
}

impl Oracle {
    pub(crate) fn deal(dice: &mut Dice) -> Self {
        let labels = (0..DOCUMENTS).map(|_| some_labels(dice)).collect();
        let groups = (0..PEOPLE).map(|_| some_groups(dice)).collect();
        Self { labels, groups }
    }

    pub(crate) fn may_read(&self, person: usize, document: usize) -> bool {
        let mut held: BTreeSet<String> = self.groups[person].iter().map(|group| format!("group:{group}")).collect();
        held.extend(["public".to_owned(), format!("user:person{person}")]);
        self.labels[document].iter().any(|label| held.contains(label))
    }

    /// Changes somebody's groups or a document's labels, here and there. Whoever asks next is to get what is true then.
    pub(crate) async fn change(&mut self, dice: &mut Dice, world: &World) {
        if dice.one_in(3) {
            let person = dice.below(PEOPLE);
            self.groups[person] = some_groups(dice);
            world.set_groups(person, &self.groups[person]).await;
        } else {
            let document = dice.below(DOCUMENTS);
            self.labels[document] = some_labels(dice);
            world.set_labels(document, &self.labels[document]).await;
        }
    }
}

fn some_labels(dice: &mut Dice) -> Vec<String> {
    match dice.below(6) {
        0 => vec![],
        1 => vec!["public".into()],
        2 => vec![format!("user:person{}", dice.below(PEOPLE))],
        3 => vec![format!("group:{}", dice.below(GROUPS)), format!("user:person{}", dice.below(PEOPLE))],
        _ => vec![format!("group:{}", dice.below(GROUPS))],
    }
}

fn some_groups(dice: &mut Dice) -> Vec<usize> {
    (0..GROUPS).filter(|_| dice.one_in(2)).collect()
}
