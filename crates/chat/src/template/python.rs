//! What templates written for Python's Jinja take for granted: `tojson` with Python's spacing, `str(True)`, `raise_exception`,
//! `strftime_now`.

use std::io;

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};

/// Name under which the date stands in a rendering's variables.
pub(super) const TODAY: &str = "pinakes_today";

/// A template's own refusal, told from its faults.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Raised(pub(super) String);

/// The template wants a date that was not given.
#[derive(Debug, thiserror::Error)]
#[error("no date")]
pub(super) struct NoDate;

/// Teaches an environment Python's ways.
pub(super) fn install(environment: &mut Environment<'_>) {
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_filter("tojson", to_json);
    environment.add_filter("string", |value: Value| text(&value).unwrap_or_else(|| value.to_string()));
    environment.add_function("raise_exception", |message: String| -> Result<Value, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, message.clone()).with_source(Raised(message)))
    });
    environment.add_function("strftime_now", strftime_now);
    environment.set_formatter(|output, state, value| match text(value) {
        Some(text) => output.write_str(&text).map_err(|_| Error::new(ErrorKind::WriteFailure, "output")),
        None => minijinja::escape_formatter(output, state, value),
    });
}

/// Python's words for the values that it writes otherwise.
fn text(value: &Value) -> Option<String> {
    match value.kind() {
        ValueKind::Bool => Some(if value.is_true() { "True" } else { "False" }.to_owned()),
        ValueKind::None => Some("None".to_owned()),
        _ => None,
    }
}

/// `json.dumps(value, ensure_ascii=False)`, which is what Hugging Face puts in the place of Jinja's own filter (that one escapes `<`).
fn to_json(value: &Value, options: Kwargs) -> Result<Value, Error> {
    let indent: Option<usize> = options.get("indent")?;
    let _: Option<bool> = options.get("ensure_ascii")?;
    options.assert_all_used()?;
    let mut bytes = Vec::new();
    let written = match indent {
        Some(width) => {
            let spaces = vec![b' '; width.min(16)];
            value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(&spaces)))
        }
        None => value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Spaced)),
    };
    written.map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    Ok(Value::from(String::from_utf8(bytes).expect("serde_json writes UTF-8")))
}

/// Python's separators: a space after each comma and colon.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

/// The date in Python's `strftime` notation, as far as a date goes: %Y %y %m %d %e %B %b and %%.
fn strftime_now(state: &State<'_, '_>, format: &str) -> Result<String, Error> {
    const MONTHS: [&str; 12] =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
    let no_date = || Error::new(ErrorKind::InvalidOperation, "no date").with_source(NoDate);
    let today = state.lookup(TODAY).filter(|today| !today.is_none()).ok_or_else(no_date)?;
    let part = |place: usize| today.get_item_by_index(place).and_then(i64::try_from);
    let (year, month, day) = (part(0)?, part(1)?, part(2)?);
    let name = usize::try_from(month - 1).ok().and_then(|place| MONTHS.get(place)).copied().unwrap_or_default();
    let mut written = String::new();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            written.push(character);
            continue;
        }
        match characters.next() {
            Some('Y') => written.push_str(&year.to_string()),
            Some('y') => written.push_str(&format!("{:02}", year.rem_euclid(100))),
            Some('m') => written.push_str(&format!("{month:02}")),
            Some('d') => written.push_str(&format!("{day:02}")),
            Some('e') => written.push_str(&format!("{day:>2}")),
            Some('B') => written.push_str(name),
            Some('b') => written.push_str(name.get(..3).unwrap_or_default()),
            Some('%') => written.push('%'),
            _ => return Err(Error::new(ErrorKind::InvalidOperation, format!("strftime_now: only dates are supported, not `{format}`"))),
        }
    }
    Ok(written)
}
