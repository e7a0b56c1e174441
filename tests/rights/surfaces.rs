//! The other ways in: what is kept of questions, work on documents, other programs' protocols, collections. What somebody may not read is
//! looked for in whatever comes back over them, also long after it was kept.

use std::sync::Mutex;

use serde_json::{Value, json};

use crate::Dice;
use crate::oracle::{DOCUMENTS, Oracle, PEOPLE, code, words_of};
use crate::world::{Came, World};

/// Streamed answers of each person that are taken up again: the latest, as the server forgets old ones.
const STREAMS: usize = 4;

/// What each person kept, by id.
#[derive(Default)]
pub(crate) struct Kept {
    conversations: Mutex<Vec<Vec<String>>>,
    answers: Mutex<Vec<Vec<String>>>,
    tasks: Mutex<Vec<Vec<String>>>,
    streams: Mutex<Vec<Vec<String>>>,
}

impl Kept {
    /// Keeps by what a streamed answer can be taken up again.
    pub(crate) fn stream(&self, person: usize, came: &Came) {
        let Some(id) = came.header("content-location").and_then(|path| path.strip_prefix("/api/v1/ask/")) else { return };
        keep(&self.streams, person, &json!(id));
        let mut all = self.streams.lock().unwrap();
        let streams = &mut all[person];
        if streams.len() > STREAMS {
            streams.remove(0);
        }
    }

    /// Whether a path names something that a person kept.
    fn is_own(&self, person: usize, path: &str) -> bool {
        let all = [&self.conversations, &self.tasks, &self.streams].map(|kept| kept.lock().unwrap());
        all.iter().any(|kept| kept.get(person).is_some_and(|own| own.iter().any(|id| path.contains(id.as_str()))))
    }
}

/// One of somebody's, or somebody else's; a name that nobody has where there is none.
fn one_of(kept: &Mutex<Vec<Vec<String>>>, dice: &mut Dice, person: usize) -> String {
    let mut kept = kept.lock().unwrap();
    kept.resize(PEOPLE, vec![]);
    let own = &kept[person];
    if own.is_empty() { "0".repeat(32) } else { own[dice.below(own.len())].clone() }
}

fn keep(kept: &Mutex<Vec<Vec<String>>>, person: usize, id: &Value) {
    let mut kept = kept.lock().unwrap();
    kept.resize(PEOPLE, vec![]);
    kept[person].extend(id.as_str().map(str::to_owned));
}

impl World {
    /// One request of any kind over one of these ways; what it was, and what came back.
    pub(crate) async fn use_at_random(&self, dice: &mut Dice, oracle: &Oracle, person: usize) -> (String, String) {
        let kept = &self.kept;
        let other = dice.below(PEOPLE);
        let whose = [person, other][dice.below(2)];
        let cited = dice.below(DOCUMENTS);
        let team = code(dice.below(DOCUMENTS));
        let ids: Vec<String> = (0..3).map(|_| self.id(dice.below(DOCUMENTS)).0).collect();
        let question = [format!("What does the travel plan of team {team} cost?"), "Who signs it?".to_owned()][dice.below(2)].clone();
        let collection = ["all-plans", "of-group-0", "half"][dice.below(3)];
        let none = || String::new();
        let (method, path, body) = match dice.below(24) {
            0 => ("POST", "/api/v1/ask".to_owned(), json!({ "question": question, "save": true }).to_string()),
            1 | 2 => {
                let conversation = one_of(&kept.conversations, dice, person);
                ("POST", "/api/v1/ask".to_owned(), json!({ "question": question, "conversation_id": conversation }).to_string())
            }
            3 => ("GET", format!("/api/v1/conversations/{}", one_of(&kept.conversations, dice, person)), none()),
            4 => ("GET", format!("/api/v1/conversations/{}", one_of(&kept.conversations, dice, other)), none()),
            5 => ("GET", format!("/api/v1/conversations/{}/export?format=markdown", one_of(&kept.conversations, dice, person)), none()),
            6 => ("GET", "/api/v1/conversations".to_owned(), none()),
            7 => {
                let answer = one_of(&kept.answers, dice, person);
                ("POST", "/api/v1/feedback".to_owned(), json!({ "answer_id": answer, "verdict": "up" }).to_string())
            }
            8 => ("GET", "/api/v1/feedback".to_owned(), none()),
            9 => {
                let task = json!({ "task": { "kind": "summarise" }, "documents": [ids[0]] });
                ("POST", "/api/v1/tasks".to_owned(), task.to_string())
            }
            10 => {
                let task = json!({ "task": { "kind": "summarise" }, "filters": {}, "background": true });
                ("POST", "/api/v1/tasks".to_owned(), task.to_string())
            }
            11 => ("GET", format!("/api/v1/tasks/{}/results", one_of(&kept.tasks, dice, whose)), none()),
            12 => {
                let turns = json!([{ "role": "user", "content": question }, { "role": "assistant", "content": "It is so." },
                    { "role": "user", "content": format!("And team {team}?") }]);
                let body = json!({ "model": "pinakes", "messages": turns, "stream": dice.one_in(2) });
                ("POST", "/v1/chat/completions".to_owned(), body.to_string())
            }
            13 => ("POST", "/v1/responses".to_owned(), json!({ "model": format!("pinakes/{collection}"), "input": question }).to_string()),
            14 => ("GET", "/v1/models".to_owned(), none()),
            15 => {
                let tool = ["search", "ask", "read_document"][dice.below(3)];
                let arguments = match tool {
                    "search" => json!({ "query": question }),
                    "ask" => json!({ "question": question, "collection": collection }),
                    _ => json!({ "doc_id": ids[1] }),
                };
                let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": tool, "arguments": arguments } });
                ("POST", "/mcp".to_owned(), call.to_string())
            }
            16 => {
                let body = json!({ "query": question, "limit": 50, "filters": { "collection": collection } });
                ("POST", "/api/v1/search".to_owned(), body.to_string())
            }
            17 => {
                let body = json!({ "question": question, "filters": { "collection": collection }, "stream": true });
                ("POST", "/api/v1/ask".to_owned(), body.to_string())
            }
            18 => ("GET", "/api/v1/collections".to_owned(), none()),
            19 => ("GET", format!("/api/v1/conversations/{}/export", one_of(&kept.conversations, dice, other)), none()),
            20 => ("GET", format!("/api/v1/tasks/{}", one_of(&kept.tasks, dice, whose)), none()),
            21 => ("GET", format!("/api/v1/ask/{}", one_of(&kept.streams, dice, whose)), none()),
            22 => {
                let [.., secret] = words_of(cited);
                let words = format!("Its word is {secret}.");
                let quote = json!({ "doc_id": self.id(cited), "doc_version": "", "char_span": [0, 0], "quote": words });
                ("POST", "/api/v1/citations/check".to_owned(), json!({ "citations": [quote] }).to_string())
            }
            _ => ("POST", "/api/v1/search/explain".to_owned(), json!({ "query": question, "doc_id": ids[2] }).to_string()),
        };
        let came = self.send(person, method, &path, &body).await;
        assert!(came.status < 500, "{method} {path} {body}: {came:?}");
        let answer: Value = serde_json::from_str(&came.body).unwrap_or_default();
        if path.ends_with("/ask") {
            kept.stream(person, &came);
        }
        if path.ends_with("/ask") && !answer["answer_id"].is_null() {
            keep(&kept.conversations, person, &answer["conversation_id"]);
            keep(&kept.answers, person, &answer["answer_id"]);
        }
        if path.ends_with("/tasks") && came.status == 202 {
            keep(&kept.tasks, person, &answer["id"]);
        }
        // What somebody else kept is not there, and neither is what nobody did.
        let named = ["/api/v1/conversations/", "/api/v1/tasks/", "/api/v1/ask/"].iter().any(|way| path.starts_with(way));
        assert!(!named || kept.is_own(person, &path) || came.status == 404, "{path}, as person {person}: {came:?}");
        if path.ends_with("/citations/check") {
            let state = if oracle.may_read(person, cited) { "moved" } else { "gone" };
            assert_eq!(answer["citations"][0]["state"], state, "{body}, as person {person}: {came:?}");
        }
        (format!("{method} {path} {body}"), came.whole())
    }
}
