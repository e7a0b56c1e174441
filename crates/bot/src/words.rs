//! The bot's own words, in English and German. Answers come in the language of their question; these are the words around them.

use pinakes_api::{ApiError, Code};
use serde::{Deserialize, Serialize};

use crate::settings::ChannelSettings;

/// A language the bot speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// `en` or `de`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.of("en", "de")
    }

    /// The one closest to a locale such as `de-AT`.
    pub(crate) fn of_locale(locale: Option<&str>) -> Self {
        if locale.is_some_and(|locale| locale.to_ascii_lowercase().starts_with("de")) { Self::German } else { Self::English }
    }

    fn of(self, english: &'static str, german: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::German => german,
        }
    }

    pub(crate) fn working(self) -> &'static str {
        self.of("Looking it up …", "Ich sehe nach …")
    }

    pub(crate) fn no_words(self) -> &'static str {
        self.of("There is nothing to say about this.", "Dazu lässt sich nichts sagen.")
    }

    pub(crate) fn rest_on_page(self) -> &'static str {
        self.of("This is not all of it: the rest is on the page.", "Das ist nicht alles: der Rest steht auf der Seite.")
    }

    pub(crate) fn page(self, number: u32) -> String {
        format!("{} {number}", self.of("page", "Seite"))
    }

    pub(crate) fn in_channel(self) -> &'static str {
        self.of("From what everyone here may read.", "Aus dem, was alle hier lesen dürfen.")
    }

    pub(crate) fn only_you(self) -> &'static str {
        self.of(
            "Only you see this: it may rest on documents that not everyone here may read.",
            "Das sehen nur Sie: es kann auf Dokumenten beruhen, die nicht alle hier lesen dürfen.",
        )
    }

    pub(crate) fn sent_to(self, host: &str) -> String {
        match self {
            Self::English => format!("The question and its sources were sent to {host}."),
            Self::German => format!("Die Frage und ihre Quellen wurden an {host} gesendet."),
        }
    }

    pub(crate) fn helped(self) -> &'static str {
        self.of("👍 Helpful", "👍 Hilfreich")
    }

    pub(crate) fn not_helped(self) -> &'static str {
        self.of("👎 Not helpful", "👎 Nicht hilfreich")
    }

    pub(crate) fn share(self) -> &'static str {
        self.of("Share with channel", "Im Kanal teilen")
    }

    pub(crate) fn share_anyway(self) -> &'static str {
        self.of("Share all the same", "Trotzdem teilen")
    }

    pub(crate) fn keep(self) -> &'static str {
        self.of("Keep it to myself", "Für mich behalten")
    }

    pub(crate) fn go_on(self) -> &'static str {
        self.of("Continue on the page", "Auf der Seite fortfahren")
    }

    pub(crate) fn thanks(self) -> &'static str {
        self.of("Thank you, noted.", "Danke, ist notiert.")
    }

    pub(crate) fn warning(self, titles: &[&str]) -> String {
        let list = titles.iter().map(|title| format!("• {title}")).collect::<Vec<_>>().join("\n");
        match self {
            Self::English => format!(
                "Careful: not everyone in this channel may read what this answer rests on. If you share it, all of them see the answer:\n{list}"
            ),
            Self::German => format!(
                "Vorsicht: nicht alle in diesem Kanal dürfen lesen, worauf diese Antwort beruht. Wenn Sie sie teilen, sehen alle die \
                 Antwort:\n{list}"
            ),
        }
    }

    pub(crate) fn shared(self) -> &'static str {
        self.of("Shared with the channel.", "Im Kanal geteilt.")
    }

    pub(crate) fn shared_by(self, name: &str) -> String {
        match self {
            Self::English => format!("Shared by {name}."),
            Self::German => format!("Geteilt von {name}."),
        }
    }

    pub(crate) fn kept(self) -> &'static str {
        self.of("It stays with you.", "Es bleibt bei Ihnen.")
    }

    pub(crate) fn not_yours(self) -> &'static str {
        self.of("Only who asked can share an answer.", "Nur wer gefragt hat, kann eine Antwort teilen.")
    }

    pub(crate) fn gone(self) -> &'static str {
        self.of(
            "This answer is no longer kept, or you may no longer read what it rests on. Please ask again.",
            "Diese Antwort ist nicht mehr aufbewahrt, oder Sie dürfen nicht mehr lesen, worauf sie beruht. Bitte fragen Sie noch einmal.",
        )
    }

    /// Why an unknown sender gets no answer, and the way in.
    pub(crate) fn unknown(self, account: &str, email: Option<&str>, page: Option<&str>) -> String {
        let page = page.map(|page| format!(" {} {page}", self.of("Or sign in and ask on", "Oder melden Sie sich an und fragen Sie auf")));
        let page = page.unwrap_or_default();
        match (self, email) {
            (Self::English, Some(email)) => format!(
                "I do not know you yet, so I cannot tell what you may read: no account here has the e-mail address {email}. An \
                 administrator can add it, or link this chat account ({account}) to yours.{page}"
            ),
            (Self::English, None) => format!(
                "I do not know you yet, so I cannot tell what you may read: your chat account ({account}) has no confirmed e-mail address. \
                 An administrator can link it to your account.{page}"
            ),
            (Self::German, Some(email)) => format!(
                "Ich kenne Sie noch nicht und weiß darum nicht, was Sie lesen dürfen: kein Konto hat hier die E-Mail-Adresse {email}. Die \
                 Verwaltung kann sie eintragen oder dieses Chat-Konto ({account}) mit Ihrem verbinden.{page}"
            ),
            (Self::German, None) => format!(
                "Ich kenne Sie noch nicht und weiß darum nicht, was Sie lesen dürfen: Ihr Chat-Konto ({account}) hat keine bestätigte \
                 E-Mail-Adresse. Die Verwaltung kann es mit Ihrem Konto verbinden.{page}"
            ),
        }
    }

    pub(crate) fn switched_off(self) -> &'static str {
        self.of(
            "Your account here is switched off; an administrator can tell you why.",
            "Ihr Konto ist abgeschaltet; die Verwaltung weiß, warum.",
        )
    }

    pub(crate) fn too_late(self) -> &'static str {
        self.of(
            "I was away for too long to answer this. Please ask again if you still want to know.",
            "Ich war zu lange fort, um das zu beantworten. Bitte fragen Sie noch einmal, wenn Sie es noch wissen wollen.",
        )
    }

    pub(crate) fn gave_up(self) -> &'static str {
        self.of(
            "I tried several times and could not answer this. The administrator finds the reason in the log.",
            "Ich habe es mehrmals versucht und konnte das nicht beantworten. Der Grund steht im Protokoll der Verwaltung.",
        )
    }

    /// Why there is no answer, for whoever asked.
    pub(crate) fn failed(self, error: &ApiError) -> String {
        match error.code {
            Code::Busy | Code::Overloaded | Code::RateLimited => self
                .of(
                    "Too many questions are being answered just now. Please ask again in a minute.",
                    "Gerade werden zu viele Fragen beantwortet. Bitte fragen Sie in einer Minute noch einmal.",
                )
                .to_owned(),
            Code::Timeout => self
                .of(
                    "This took too long and was stopped. A narrower question may help.",
                    "Das hat zu lange gedauert und wurde abgebrochen. Eine engere Frage hilft vielleicht.",
                )
                .to_owned(),
            Code::ShuttingDown | Code::NotReady | Code::ModelMissing | Code::IndexDamaged | Code::Locked => self
                .of(
                    "I cannot answer just now: a part of the server is not ready.",
                    "Ich kann gerade nicht antworten: ein Teil des Servers ist nicht bereit.",
                )
                .to_owned(),
            Code::QueryTooLong => {
                self.of("The question is too long; please shorten it.", "Die Frage ist zu lang; bitte kürzen Sie sie.").to_owned()
            }
            _ if error.code.status() < 500 => error.detail.clone(),
            _ => self
                .of("Something went wrong on our side; the log says what.", "Bei uns ist etwas schiefgegangen; das Protokoll sagt, was.")
                .to_owned(),
        }
    }

    /// The same where nobody can look up yet which language they speak.
    pub(crate) fn failed_in_all(error: &ApiError) -> String {
        let [english, german] = [Self::English, Self::German].map(|language| language.failed(error));
        if english == german { english } else { format!("{english}\n{german}") }
    }

    pub(crate) fn new_conversation(self) -> &'static str {
        self.of("The next question begins a new conversation.", "Die nächste Frage beginnt ein neues Gespräch.")
    }

    pub(crate) fn settings(self, settings: &ChannelSettings) -> String {
        let lines = settings.shown().map(|(name, value)| format!("• {name}: {value}")).join("\n");
        let head = self.of("Settings of this channel:", "Einstellungen dieses Kanals:");
        let tail = self.of("Change one with `settings NAME VALUE`:", "Ändern mit `settings NAME WERT`:");
        format!("{head}\n{lines}\n{tail} {}", ChannelSettings::VALUES)
    }

    pub(crate) fn no_such_setting(self) -> &'static str {
        self.of("There is no such setting or value.", "Diese Einstellung oder diesen Wert gibt es nicht.")
    }

    pub(crate) fn no_such_collection(self) -> &'static str {
        self.of("There is no such collection for you.", "Diese Sammlung gibt es für Sie nicht.")
    }

    pub(crate) fn help(self) -> &'static str {
        self.of(
            "Ask me anything that stands in the company's documents: mention me in a channel, write to me directly, or use `/ask QUESTION`. \
             In a channel I use only what everyone there may read; a direct message or `/ask` is between us. In a thread you can just go on. \
             `/ask new` begins a new conversation, `/ask settings` shows and changes how I behave in a channel.",
            "Fragen Sie mich, was in den Dokumenten der Firma steht: nennen Sie mich in einem Kanal, schreiben Sie mir direkt, oder benutzen \
             Sie `/ask FRAGE`. In einem Kanal benutze ich nur, was alle dort lesen dürfen; eine Direktnachricht oder `/ask` bleibt unter \
             uns. In einem Thread können Sie einfach weiterfragen. `/ask new` beginnt ein neues Gespräch, `/ask settings` zeigt und ändert, \
             wie ich mich in einem Kanal verhalte.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_ours_is_named_without_its_inside() {
        let words = Language::English.failed(&ApiError::internal("password=hunter2"));
        assert!(!words.contains("hunter2") && !words.is_empty());
        let refused = Language::English.failed(&ApiError::new(Code::BadRequest, "no collection of that name"));
        assert_eq!(refused, "no collection of that name");
    }

    #[test]
    fn locales_choose_the_language() {
        assert_eq!(Language::of_locale(Some("de-AT")), Language::German);
        assert_eq!(Language::of_locale(Some("pt-BR")), Language::English);
        assert_eq!(Language::of_locale(None), Language::English);
    }
}
