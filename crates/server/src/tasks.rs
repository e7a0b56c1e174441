//! What the server needs of work on documents; apart from [`crate::Library`], as a library can be without.

use std::sync::Arc;

use pinakes_access::Access;
use pinakes_answer::TaskQueue;
use pinakes_api::{TaskAnswer, TaskJob, TaskRequest, TaskResult};
use pinakes_types::Scope;

use crate::library::Promise;
use crate::notes;

/// Work on documents. A task is its asker's own: everybody else finds none, `not_found`.
pub trait Tasks: Send + Sync + 'static {
    /// Does a task on one document, or queues it.
    fn ask(self: Arc<Self>, scope: Scope, request: TaskRequest) -> Promise<TaskAnswer>;

    /// How far one is.
    fn job(self: Arc<Self>, scope: Scope, id: String) -> Promise<TaskJob>;

    /// Ends one.
    fn cancel(self: Arc<Self>, scope: Scope, id: String) -> Promise<TaskJob>;

    /// Some results from a place on, and the place to go on from; none when there are no more.
    fn results(self: Arc<Self>, scope: Scope, id: String, from: u64) -> Promise<(Vec<TaskResult>, u64)>;
}

/// The rights of people as they are now.
pub(crate) struct Readers(pub(crate) Access);

impl pinakes_answer::Readers for Readers {
    fn scope_of(&self, subject: &str) -> Promise<Option<Scope>> {
        let (access, subject) = (self.0.clone(), subject.to_owned());
        Box::pin(async move { access.scope_of(&subject).await })
    }
}

/// A queue whose tasks are counted and written into the audit log as questions are.
pub(crate) struct Watched {
    pub(crate) queue: TaskQueue,
    pub(crate) access: Access,
}

impl Tasks for Watched {
    fn ask(self: Arc<Self>, scope: Scope, request: TaskRequest) -> Promise<TaskAnswer> {
        Box::pin(async move {
            self.access.count_question(&scope).await?;
            let answer = self.queue.ask(&scope, &request).await?;
            if let TaskAnswer::Result(result) = &answer {
                self.access.count_tokens(&scope, result.usage.prompt_tokens + result.usage.completion_tokens).await;
                notes::worked(&self.access, &scope, result).await;
            }
            Ok(answer)
        })
    }

    fn job(self: Arc<Self>, scope: Scope, id: String) -> Promise<TaskJob> {
        Box::pin(async move { self.queue.job(&scope, &id).await })
    }

    fn cancel(self: Arc<Self>, scope: Scope, id: String) -> Promise<TaskJob> {
        Box::pin(async move { self.queue.cancel(&scope, &id).await })
    }

    fn results(self: Arc<Self>, scope: Scope, id: String, from: u64) -> Promise<(Vec<TaskResult>, u64)> {
        Box::pin(async move {
            let (results, next) = self.queue.results(&scope, &id, from).await?;
            for result in &results {
                notes::worked(&self.access, &scope, result).await;
            }
            Ok((results, next))
        })
    }
}
