//! What the bot must not forget stands in the catalog.

use pinakes_api::ApiError;
use pinakes_bot::{Acceptance, Entry, Event, Kept, Memory, Posted, Promise};
use pinakes_catalog::{BotEventKept, BotEventKey, BotEventRow, Catalog, CatalogError};
use pinakes_config::limits::bot::EVENTS_WAITING_MAX;
use pinakes_types::Timestamp;

/// The bot's part of a catalog.
pub(super) struct CatalogMemory(pub(super) Catalog);

impl CatalogMemory {
    fn with<T: Send + 'static, Work>(&self, work: impl FnOnce(Catalog) -> Work) -> Promise<T>
    where
        Work: Future<Output = Result<T, CatalogError>> + Send + 'static,
    {
        let work = work(self.0.clone());
        Box::pin(async move { work.await.map_err(failed) })
    }
}

fn failed(error: CatalogError) -> ApiError {
    ApiError::new(pinakes_ingest::catalog_code(&error), error.to_string()).caused_by(error)
}

/// An event's own words for itself. What cannot be read, as another release wrote it, is done with.
fn entry(row: &BotEventRow) -> Option<Entry> {
    serde_json::from_str(&row.body).inspect_err(|error| tracing::error!(event = row.id, %error, "a kept event cannot be read")).ok()
}

fn body(entry: &Entry) -> String {
    serde_json::to_string(entry).expect("an event is plain data")
}

impl Memory for CatalogMemory {
    fn accept(&self, event: Event) -> Promise<Acceptance> {
        let (id, message_key, received_at) = (event.id.clone(), event.message_key(), event.received_at);
        let row = BotEventRow { id, message_key, done: false, body: body(&Entry::new(event)), received_at };
        self.with(|catalog| async move {
            Ok(match catalog.keep_bot_event(&row, EVENTS_WAITING_MAX).await? {
                BotEventKept::New => Acceptance::New,
                BotEventKept::Known => Acceptance::Known,
                BotEventKept::Full => Acceptance::Full,
            })
        })
    }

    fn amend(&self, message_key: String, text: String, at: String) -> Promise<Option<String>> {
        self.with(|catalog| async move {
            let mut amended = false;
            let change = |row: &mut BotEventRow| {
                let Some(mut entry) = entry(row) else { return false };
                amended = entry.amend(&text, &at);
                (row.done, row.body) = (row.done && !amended, body(&entry));
                true
            };
            let row = catalog.change_bot_event(BotEventKey::Message(&message_key), change).await?;
            Ok(row.filter(|_| amended).map(|row| row.id))
        })
    }

    fn waiting(&self) -> Promise<Vec<String>> {
        self.with(|catalog| async move { catalog.waiting_bot_events().await })
    }

    fn begin(&self, id: String) -> Promise<Option<Entry>> {
        self.with(|catalog| async move {
            let mut begun = None;
            let change = |row: &mut BotEventRow| {
                if row.done {
                    return false;
                }
                match entry(row) {
                    Some(mut entry) => {
                        entry.attempts += 1;
                        row.body = body(&entry);
                        begun = Some(entry);
                    }
                    None => row.done = true,
                }
                true
            };
            catalog.change_bot_event(BotEventKey::Id(&id), change).await?;
            Ok(begun)
        })
    }

    fn replied(&self, id: String, reply: Posted) -> Promise<()> {
        self.with(|catalog| async move {
            let change = |row: &mut BotEventRow| {
                let Some(mut entry) = entry(row) else { return false };
                entry.reply = Some(reply);
                row.body = body(&entry);
                true
            };
            catalog.change_bot_event(BotEventKey::Id(&id), change).await.map(drop)
        })
    }

    fn finish(&self, id: String, revision: u32) -> Promise<bool> {
        self.with(|catalog| async move {
            let change = |row: &mut BotEventRow| {
                row.done = entry(row).is_none_or(|entry| entry.revision <= revision);
                row.done
            };
            Ok(catalog.change_bot_event(BotEventKey::Id(&id), change).await?.is_none_or(|row| row.done))
        })
    }

    fn value(&self, kind: Kept, key: String) -> Promise<Option<String>> {
        self.with(|catalog| async move { catalog.bot_value(kind.as_str(), &key).await })
    }

    fn values(&self, kind: Kept, limit: u64) -> Promise<Vec<(String, String)>> {
        self.with(|catalog| async move { catalog.bot_values(kind.as_str(), limit).await })
    }

    fn set_value(&self, kind: Kept, key: String, value: String, now: Timestamp) -> Promise<()> {
        self.with(|catalog| async move { catalog.set_bot_value(kind.as_str(), &key, &value, now).await })
    }

    fn forget(&self, before: Timestamp) -> Promise<()> {
        self.with(|catalog| async move { catalog.forget_bot(before, Kept::Channel.as_str()).await })
    }
}

#[cfg(test)]
mod tests {
    use pinakes_bot::{Account, Place, What};

    use super::*;

    fn event(id: &str, message: &str) -> Event {
        let name = || "slack".to_owned();
        Event {
            id: id.into(),
            message: Some(message.into()),
            from: Account { platform: name(), team: "T".into(), user: "U".into() },
            place: Place { platform: name(), team: "T".into(), channel: "C".into(), direct: false, thread: None },
            received_at: Timestamp(1),
            response_url: None,
            what: What::Said { text: "first".into(), to_bot: true, to_other: false },
        }
    }

    /// The same steps with what is kept for good and with the bot's own stub, which its tests rest on.
    async fn steps(memory: &dyn Memory) -> Vec<String> {
        let mut seen = Vec::new();
        let key = event("e1", "1.1").message_key().unwrap();
        for (id, message) in [("e1", "1.1"), ("e1", "2.2"), ("e2", "1.1"), ("e3", "3.3")] {
            seen.push(format!("{:?}", memory.accept(event(id, message)).await.unwrap()));
        }
        seen.push(format!("{:?}", memory.waiting().await.unwrap()));
        let posted = Posted { channel: "C".into(), id: "9.9".into() };
        memory.replied("e1".into(), posted).await.unwrap();
        for (text, at) in [("first", "9"), ("second", "11"), ("older", "10"), ("first", "9")] {
            seen.push(format!("{:?}", memory.amend(key.clone(), text.into(), at.into()).await.unwrap()));
        }
        seen.push(format!("{:?}", memory.amend("none".into(), "x".into(), "1".into()).await.unwrap()));
        seen.push(format!("{:?}", memory.begin("e1".into()).await.unwrap()));
        seen.push(format!(
            "{:?} {:?}",
            memory.finish("e1".into(), 0).await.unwrap(),
            memory.begin("e1".into()).await.unwrap().unwrap().attempts
        ));
        seen.push(format!("{:?} {:?}", memory.finish("e1".into(), 1).await.unwrap(), memory.begin("e1".into()).await.unwrap()));
        seen.push(format!("{:?}", memory.amend(key, "third".into(), "12".into()).await.unwrap()));
        seen.push(format!("{:?} {:?}", memory.finish("e3".into(), u32::MAX).await.unwrap(), memory.waiting().await.unwrap()));
        for kind in [Kept::Channel, Kept::Answer] {
            memory.set_value(kind, "k".into(), "v".into(), Timestamp(1)).await.unwrap();
        }
        memory.set_value(Kept::Channel, "j".into(), "w".into(), Timestamp(1)).await.unwrap();
        seen.push(format!("{:?} {:?}", memory.values(Kept::Channel, 9).await.unwrap(), memory.values(Kept::Channel, 1).await.unwrap()));
        memory.forget(Timestamp(5)).await.unwrap();
        for kind in [Kept::Channel, Kept::Answer] {
            seen.push(format!("{:?}", memory.value(kind, "k".into()).await.unwrap()));
        }
        seen.push(format!("{:?}", memory.accept(event("e3", "3.3")).await.unwrap()));
        seen
    }

    #[tokio::test]
    async fn the_catalog_remembers_what_the_stub_remembers() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Catalog::create(folder.path()).await.unwrap();
        let kept = steps(&CatalogMemory(catalog)).await;
        assert_eq!(kept, steps(&pinakes_bot::MemoryStub::default()).await);
        assert_eq!(kept[..5], ["New", "Known", "Known", "New", r#"["e1", "e3"]"#]);
    }
}
