//! What we sign and say, judged by Slack's own Python SDK: its signer signs the requests that we take, and its models read our blocks.
//! Runs with `PINAKES_TEST=full`, or where `slack_sdk` is installed.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use pinakes_bot::{Delivery, SlackRequest, slack_manifest};
use serde_json::{Value, json};

use crate::office::{NOW, Office};

/// What the script answers to a job; `None`, loudly, where it cannot be run.
#[allow(clippy::disallowed_methods, reason = "a test's own switch")]
fn sdk(job: &Value) -> Option<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients/slack_sdk_judge.py");
    let python = std::env::var("PINAKES_PYTHON").unwrap_or_else(|_| "python3".into());
    let full = std::env::var("PINAKES_TEST").is_ok_and(|value| value == "full");
    let mut command = Command::new(python);
    command.arg(script).args(full.then_some("--install")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        eprintln!("SKIPPED: no Python to run Slack's SDK with");
        return None;
    };
    child.stdin.take().unwrap().write_all(job.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(77) {
        eprintln!("SKIPPED: slack_sdk is not installed; PINAKES_TEST=full installs it into a folder of its own");
        return None;
    }
    assert!(output.status.success(), "the script failed");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[tokio::test]
async fn requests_signed_by_the_sdk_are_taken() {
    let bodies = [r#"{"type":"url_verification","challenge":"ü & <x>"}"#, "{}", "a=b&c=%2F"];
    let job = json!({ "secret": crate::office::SECRET, "timestamp": NOW.to_string(), "bodies": bodies });
    let Some(judged) = sdk(&job) else { return };
    let office = Office::open().await;
    for (body, signature) in bodies.iter().zip(judged["signatures"].as_array().unwrap()) {
        let request = SlackRequest {
            delivery: Delivery::Events,
            timestamp: Some(&NOW.to_string()),
            signature: signature.as_str(),
            body: body.as_bytes(),
        };
        assert_ne!(office.gate.as_ref().unwrap().receive(&request).await.status, 401, "{body}");
    }
}

#[tokio::test]
async fn the_sdk_reads_every_block_we_send() {
    let office = Office::open().await;
    let odd = "& <b> **bold** `x` 🙂 <!channel>\n# Head\n- item\n\n".repeat(300);
    office.library.0.lock().unwrap().documents.push(("<T|>".repeat(100), "public".into(), odd));
    office.mention("C1", "UADA", "all?", None).await;
    office.command("C1", "UADA", "all?").await;
    office.command("C1", "UEVE", "all?").await;
    office.settled().await;
    let key = crate::office::behind(&office.responded(), "pinakes_share").unwrap_or_else(|| {
        let responses = office.slack.state().responses.clone();
        responses.iter().find_map(|(_, body)| crate::office::behind(body, "pinakes_share")).unwrap()
    });
    office.press("C1", "UADA", "pinakes_share", &key).await;
    office.settled().await;
    let mut messages: Vec<Value> = office.slack.state().messages.iter().map(|shown| shown.body["blocks"].clone()).collect();
    messages.extend(office.slack.state().responses.iter().map(|(_, body)| body["blocks"].clone()));
    messages.retain(Value::is_array);
    assert!(messages.len() > 5);
    let Some(judged) = sdk(&json!({ "messages": messages, "manifest": slack_manifest(None) })) else { return };
    assert_eq!(judged["blocks"].as_u64().unwrap() as usize, messages.iter().map(|blocks| blocks.as_array().unwrap().len()).sum::<usize>());
    assert_eq!(judged["problems"], json!([]));
}
