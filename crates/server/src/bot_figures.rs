//! What the bot counts, by the names monitoring knows.

use pinakes_answer::Figure;
use pinakes_bot::BotFigures;

/// All of them; those of one name stand together.
pub(crate) fn figures(bot: &BotFigures) -> Vec<Figure> {
    let gauge = |name, help, value| Figure { name, labels: "", help, counter: false, value };
    let counter = |name, help, value| Figure { name, labels: "", help, counter: true, value };
    let (name, help) = ("pinakes_bot_events_total", "Events of the chat platform, by what became of them when they came.");
    let events = [
        (r#"outcome="accepted""#, bot.accepted),
        (r#"outcome="repeated""#, bot.repeated),
        (r#"outcome="passed_over""#, bot.passed_over),
        (r#"outcome="turned_away""#, bot.turned_away),
    ];
    let mut all: Vec<Figure> = events.map(|(labels, value)| Figure { name, labels, help, counter: true, value }).into();
    all.extend([
        gauge("pinakes_bot_events_waiting", "Events that are kept and not answered yet.", bot.waiting),
        gauge("pinakes_bot_answers_running", "Answers for the chat platform being made.", bot.running),
        counter("pinakes_bot_retries_total", "Attempts to answer that failed and were made again.", bot.tried_again),
        counter("pinakes_bot_given_up_total", "Events that nobody could be told anything about: an alarm.", bot.given_up),
    ]);
    all
}
