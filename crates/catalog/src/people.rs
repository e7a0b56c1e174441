//! People: who they are, what they belong to, and whether they may come in. Nobody is ever deleted, so that a name, which stands in
//! labels and in the audit log, means one person for ever.

use pinakes_types::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::{Catalog, CatalogError};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Id.
    pub id: String,
    /// What they sign in with, lower case.
    pub name: String,
    /// What they are called.
    pub display: String,
    /// `reader`, `editor` or `admin`.
    pub role: String,
    /// Whether they may sign in.
    pub active: bool,
    /// Password hash in PHC form, where they have a password.
    pub password: Option<String>,
    /// Provider and the provider's name for them, where they sign in through one.
    pub provider: Option<(String, String)>,
    /// Wrong passwords in a row.
    pub failures: u32,
    /// Until when no password is tried.
    pub locked_until: Timestamp,
    /// When they were added.
    pub created_at: Timestamp,
}

/// Who said that somebody belongs to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MembershipOrigin {
    /// An administrator here.
    Local,
    /// The provider they sign in through.
    Provider,
}

impl MembershipOrigin {
    fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Provider => "provider",
        }
    }
}

impl Catalog {
    /// Adds a person; `false` when the name, or the provider's name for them, is taken.
    ///
    /// # Errors
    /// Database errors.
    pub async fn add_person(&self, person: &PersonRow) -> Result<bool, CatalogError> {
        let done = sqlx::query(
            "INSERT INTO people (person_id, name, display, role, active, password, issuer, subject, failures, locked_until, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
        )
        .bind(&person.id)
        .bind(&person.name)
        .bind(&person.display)
        .bind(&person.role)
        .bind(i64::from(person.active))
        .bind(person.password.as_deref())
        .bind(person.provider.as_ref().map(|(issuer, _)| issuer.as_str()))
        .bind(person.provider.as_ref().map(|(_, subject)| subject.as_str()))
        .bind(i64::from(person.failures))
        .bind(person.locked_until.0)
        .bind(person.created_at.0)
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The person with that name.
    ///
    /// # Errors
    /// Database errors.
    pub async fn person(&self, name: &str) -> Result<Option<PersonRow>, CatalogError> {
        let row = sqlx::query("SELECT * FROM people WHERE name = $1").bind(name).fetch_optional(&self.readers).await?;
        Ok(row.as_ref().map(person))
    }

    /// The person with that id.
    ///
    /// # Errors
    /// Database errors.
    pub async fn person_by_id(&self, id: &str) -> Result<Option<PersonRow>, CatalogError> {
        let row = sqlx::query("SELECT * FROM people WHERE person_id = $1").bind(id).fetch_optional(&self.readers).await?;
        Ok(row.as_ref().map(person))
    }

    /// The person a provider calls so.
    ///
    /// # Errors
    /// Database errors.
    pub async fn person_of_provider(&self, issuer: &str, subject: &str) -> Result<Option<PersonRow>, CatalogError> {
        let select = sqlx::query("SELECT * FROM people WHERE issuer = $1 AND subject = $2").bind(issuer).bind(subject);
        Ok(select.fetch_optional(&self.readers).await?.as_ref().map(person))
    }

    /// At most `limit` people in order of their names, from after `after` on.
    ///
    /// # Errors
    /// Database errors.
    pub async fn people(&self, after: &str, limit: u32) -> Result<Vec<PersonRow>, CatalogError> {
        let select = sqlx::query("SELECT * FROM people WHERE name > $1 ORDER BY name LIMIT $2").bind(after).bind(limit);
        Ok(select.fetch_all(&self.readers).await?.iter().map(person).collect())
    }

    /// Whether there is an active administrator.
    ///
    /// # Errors
    /// Database errors.
    pub async fn has_admin(&self) -> Result<bool, CatalogError> {
        let number: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM people WHERE role = 'admin' AND active = 1").fetch_one(&self.readers).await?;
        Ok(number > 0)
    }

    /// Changes display name, role and whether they may sign in.
    ///
    /// # Errors
    /// Database errors.
    pub async fn update_person(&self, id: &str, display: &str, role: &str, active: bool) -> Result<(), CatalogError> {
        sqlx::query("UPDATE people SET display = $1, role = $2, active = $3 WHERE person_id = $4")
            .bind(display)
            .bind(role)
            .bind(i64::from(active))
            .bind(id)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Sets a password; every session of the person ends with it.
    ///
    /// # Errors
    /// Database errors.
    pub async fn set_password(&self, id: &str, password: &str) -> Result<(), CatalogError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("UPDATE people SET password = $1, failures = 0, locked_until = 0 WHERE person_id = $2")
            .bind(password)
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM sessions WHERE person_id = $1").bind(id).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Counts one more wrong password, and locks until `locked_until` from `failures_max` of them on. Returns how many there were.
    ///
    /// # Errors
    /// Database errors.
    pub async fn note_failure(&self, id: &str, failures_max: u32, locked_until: Timestamp) -> Result<u32, CatalogError> {
        let failures: i64 = sqlx::query_scalar(
            "UPDATE people SET failures = failures + 1, locked_until = CASE WHEN failures + 1 >= $1 THEN $2 ELSE locked_until END \
             WHERE person_id = $3 RETURNING failures",
        )
        .bind(i64::from(failures_max))
        .bind(locked_until.0)
        .bind(id)
        .fetch_one(&self.writer)
        .await?;
        Ok(u32::try_from(failures).unwrap_or(u32::MAX))
    }

    /// Forgets wrong passwords.
    ///
    /// # Errors
    /// Database errors.
    pub async fn clear_failures(&self, id: &str) -> Result<(), CatalogError> {
        sqlx::query("UPDATE people SET failures = 0, locked_until = 0 WHERE person_id = $1").bind(id).execute(&self.writer).await?;
        Ok(())
    }

    /// The groups somebody belongs to, each once, in order.
    ///
    /// # Errors
    /// Database errors.
    pub async fn groups_of(&self, id: &str) -> Result<Vec<String>, CatalogError> {
        Ok(sqlx::query_scalar("SELECT DISTINCT group_name FROM memberships WHERE person_id = $1 ORDER BY group_name")
            .bind(id)
            .fetch_all(&self.readers)
            .await?)
    }

    /// Replaces what one origin says about somebody's groups.
    ///
    /// # Errors
    /// Database errors.
    pub async fn set_groups(&self, id: &str, origin: MembershipOrigin, groups: &[String]) -> Result<(), CatalogError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("DELETE FROM memberships WHERE person_id = $1 AND origin = $2")
            .bind(id)
            .bind(origin.as_str())
            .execute(&mut *transaction)
            .await?;
        for group in groups {
            sqlx::query("INSERT INTO memberships (person_id, group_name, origin) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
                .bind(id)
                .bind(group)
                .bind(origin.as_str())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Adds somebody to a group, or takes them out of it, whoever had put them there.
    ///
    /// # Errors
    /// Database errors.
    pub async fn set_membership(&self, id: &str, group: &str, member: bool) -> Result<(), CatalogError> {
        let change = if member {
            "INSERT INTO memberships (person_id, group_name, origin) VALUES ($1, $2, 'local') ON CONFLICT DO NOTHING"
        } else {
            "DELETE FROM memberships WHERE person_id = $1 AND group_name = $2"
        };
        sqlx::query(change).bind(id).bind(group).execute(&self.writer).await?;
        Ok(())
    }

    /// Adds to the tokens somebody used on a day, and returns the day's sum.
    ///
    /// # Errors
    /// Database errors.
    pub async fn add_tokens(&self, subject: &str, day: i64, tokens: u64) -> Result<u64, CatalogError> {
        let sum: i64 = sqlx::query_scalar(
            "INSERT INTO token_usage (subject, day, tokens) VALUES ($1, $2, $3) \
             ON CONFLICT (subject, day) DO UPDATE SET tokens = tokens + excluded.tokens RETURNING tokens",
        )
        .bind(subject)
        .bind(day)
        .bind(crate::publish::to_i64(tokens))
        .fetch_one(&self.writer)
        .await?;
        Ok(sum.unsigned_abs())
    }

    /// Tokens somebody used on a day.
    ///
    /// # Errors
    /// Database errors.
    pub async fn tokens_used(&self, subject: &str, day: i64) -> Result<u64, CatalogError> {
        let sum: Option<i64> = sqlx::query_scalar("SELECT tokens FROM token_usage WHERE subject = $1 AND day = $2")
            .bind(subject)
            .bind(day)
            .fetch_optional(&self.readers)
            .await?;
        Ok(sum.unwrap_or(0).unsigned_abs())
    }
}

fn person(row: &SqliteRow) -> PersonRow {
    PersonRow {
        id: row.get("person_id"),
        name: row.get("name"),
        display: row.get("display"),
        role: row.get("role"),
        active: row.get::<i64, _>("active") != 0,
        password: row.get("password"),
        provider: row.get::<Option<String>, _>("issuer").zip(row.get::<Option<String>, _>("subject")),
        failures: u32::try_from(row.get::<i64, _>("failures")).unwrap_or(u32::MAX),
        locked_until: Timestamp(row.get("locked_until")),
        created_at: Timestamp(row.get("created_at")),
    }
}
