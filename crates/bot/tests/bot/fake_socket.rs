//! The other end of Socket Mode: greets, sends envelopes, notes what is acknowledged, and hangs up.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;

/// What one connection does.
pub(crate) struct Script {
    pub(crate) envelopes: Vec<Value>,
    /// The reason given at the end; `None`: the line is cut.
    pub(crate) goodbye: Option<&'static str>,
}

pub(crate) struct FakeSocket {
    pub(crate) url: String,
    pub(crate) acknowledged: Arc<Mutex<Vec<Value>>>,
    pub(crate) connections: Arc<Mutex<usize>>,
    task: JoinHandle<()>,
}

impl Drop for FakeSocket {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FakeSocket {
    /// Plays the scripts one connection after the other; the last connection stays open.
    pub(crate) async fn start(address: &str, scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let url = format!("ws://{}/link/?ticket=1", listener.local_addr().unwrap());
        let (acknowledged, connections) = (Arc::<Mutex<Vec<Value>>>::default(), Arc::<Mutex<usize>>::default());
        let (seen, counted) = (Arc::clone(&acknowledged), Arc::clone(&connections));
        let task = tokio::spawn(async move {
            let mut scripts = scripts.into_iter();
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { continue };
                *counted.lock().unwrap() += 1;
                let script = scripts.next();
                let _ = socket.send(Message::text(json!({ "type": "hello", "num_connections": 1 }).to_string())).await;
                let _ = socket.send(Message::Ping(vec![1].into())).await;
                let goodbye = script.as_ref().map(|script| script.goodbye);
                for envelope in script.into_iter().flat_map(|script| script.envelopes) {
                    let _ = socket.send(Message::text(envelope.to_string())).await;
                }
                let stay = if goodbye.is_some() { Duration::from_millis(300) } else { Duration::from_secs(3_600) };
                let _ = tokio::time::timeout(stay, async {
                    while let Some(Ok(message)) = socket.next().await {
                        if let Message::Text(text) = message {
                            seen.lock().unwrap().push(serde_json::from_str(&text).unwrap());
                        }
                    }
                })
                .await;
                if let Some(Some(reason)) = goodbye {
                    let _ = socket.send(Message::text(json!({ "type": "disconnect", "reason": reason }).to_string())).await;
                }
            }
        });
        Self { url, acknowledged, connections, task }
    }
}
