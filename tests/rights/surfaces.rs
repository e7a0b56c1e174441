//! The other ways in: what is kept of questions, work on documents, other programs' protocols, collections. What somebody may not read is
//! looked for in whatever comes back over them, also long after it was kept.

use std::sync::Mutex;

use serde_json::{Value, json};

use crate::Dice;
use crate::oracle::{DOCUMENTS, PEOPLE, code};
use crate::world::World;

/// What each person kept, by id.
#[derive(Default)]
pub(crate) struct Kept {
    conversations: Mutex<Vec<Vec<String>>>,
    answers: Mutex<Vec<Vec<String>>>,
    tasks: Mutex<Vec<Vec<String>>>,
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
    pub(crate) async fn use_at_random(&self, dice: &mut Dice, person: usize) -> (String, String) {
        let kept = &self.kept;
        let other = dice.below(PEOPLE);
        let team = code(dice.below(DOCUMENTS));
        let ids: Vec<String> = (0..3).map(|_| self.id(dice.below(DOCUMENTS)).0).collect();
        let question = [format!("What does the travel plan of team {team} cost?"), "Who signs it?".to_owned()][dice.below(2)].clone();
        let collection = ["all-plans", "of-group-0", "half"][dice.below(3)];
        let none = || String::new();
        let (method, path, body) = match dice.below(20) {
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
            11 => {
                let whose = [person, other][dice.below(2)];
                ("GET", format!("/api/v1/tasks/{}/results", one_of(&kept.tasks, dice, whose)), none())
            }
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
            _ => ("POST", "/api/v1/search/explain".to_owned(), json!({ "query": question, "doc_id": ids[2] }).to_string()),
        };
        let (status, answer) = self.send(person, method, &path, &body).await;
        assert!(status < 500, "{method} {path} {body}: {status} {answer}");
        let came: Value = serde_json::from_str(&answer).unwrap_or_default();
        if path.ends_with("/ask") && !came["answer_id"].is_null() {
            keep(&kept.conversations, person, &came["conversation_id"]);
            keep(&kept.answers, person, &came["answer_id"]);
        }
        if path.ends_with("/tasks") && status == 202 {
            keep(&kept.tasks, person, &came["id"]);
        }
        if person != other && path.starts_with("/api/v1/conversations/") && !path.contains("/export") {
            let own = kept.conversations.lock().unwrap().get(person).is_some_and(|own| own.iter().any(|id| path.ends_with(id.as_str())));
            assert!(own || status == 404, "{path}: {status} {answer}");
        }
        (format!("{method} {path} {body}"), answer)
    }
}
