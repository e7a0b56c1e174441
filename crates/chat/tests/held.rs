//! A trained model held to schemas and sources: whatever it would rather write, at any temperature, the form is valid and the quotation
//! stands in the source.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests fail by panicking and say what they leave out")]

mod support;

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pinakes_chat::{Chat, Conversation, Grammar, Message, QuotableText, Quoting, Role, quotations};
use pinakes_engine::engine::{Backend, Chunk, LogitRows};
use pinakes_engine::sampler::{LogitMask, Sampler, Sampling};
use pinakes_engine::{CpuBackend, LoadOptions, Model};
use serde_json::{Value, json};

struct Trained {
    chat: Arc<Chat>,
    backend: CpuBackend,
}

fn trained() -> Option<Trained> {
    let folder = support::models("models/smollm2-135m").or_else(|| support::models("smollm2-135m"))?;
    let mut files = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = files.find(|path| path.extension().is_some_and(|end| end == "gguf")).unwrap();
    let options = LoadOptions { threads: 2, ..LoadOptions::default() };
    Some(Trained { chat: Arc::new(Chat::open(&file).unwrap()), backend: CpuBackend::new(Model::open(&file, &options).unwrap()) })
}

type Mask = Box<dyn FnMut(&[u32], &mut [f32]) + Send>;

/// A mask, and the time it took.
struct Timed(Mask, Duration);

impl LogitMask for Timed {
    fn apply(&mut self, generated: &[u32], logits: &mut [f32]) {
        let started = Instant::now();
        (self.0)(generated, logits);
        self.1 += started.elapsed();
    }
}

/// What was written, and what masks and everything took.
struct Written {
    text: String,
    masks: Duration,
    all: Duration,
    tokens: usize,
}

impl Trained {
    /// Lets the model answer under a mask.
    fn write(&mut self, prompt: &str, sampling: Sampling, tokens_max: usize, mask: Mask) -> Written {
        let conversation = Conversation { messages: vec![Message::new(Role::User, prompt)], ..Conversation::default() };
        let ids = self.chat.prompt(&conversation).unwrap().ids;
        let (ends, mut sequence, mut rows) = (self.chat.tokenizer().end_tokens(), self.backend.begin(), Vec::new());
        self.backend.step(&mut [Chunk { sequence: &mut sequence, tokens: &ids, logits: LogitRows::Last }], &mut rows);
        let (mut sampler, mut mask) = (Sampler::new(sampling, self.chat.tokenizer().len()), Timed(mask, Duration::ZERO));
        let started = Instant::now();
        for _ in 0..tokens_max {
            sampler.admit(&mut rows).unwrap();
            let id = sampler.choose(&mut rows, Some(&mut mask)).unwrap();
            if ends.contains(&id) {
                break;
            }
            sampler.push(id);
            self.backend.step(&mut [Chunk { sequence: &mut sequence, tokens: &[id], logits: LogitRows::Last }], &mut rows);
        }
        let text = self.chat.tokenizer().decode(sampler.generated());
        Written { text, masks: mask.1, all: started.elapsed(), tokens: sampler.generated().len() }
    }
}

/// Twenty schemas of the kinds that people write, and of those that go wrong.
fn schemas() -> Vec<Value> {
    vec![
        json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}),
        json!({"type": "object", "properties": {"a": {"type": "integer", "minimum": -5, "maximum": 5}}, "required": ["a"], "additionalProperties": false}),
        json!({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3}),
        json!({"enum": ["yes", "no", null, 3, true]}),
        json!({"const": {"fixed": [1, "two", null]}}),
        json!({"type": "string", "pattern": "^[A-Z]{3}-[0-9]{2,4}$"}),
        json!({"type": "string", "format": "date"}),
        json!({"type": "string", "minLength": 3, "maxLength": 8}),
        json!({"type": ["string", "null"]}),
        json!({"anyOf": [{"type": "integer"}, {"type": "object", "properties": {"x": {"type": "boolean"}}, "required": ["x"], "additionalProperties": false}]}),
        json!({"type": "object", "properties": {"größe": {"type": "number"}, "名前": {"type": "string"}, "a\"b\\c": {"type": "boolean"}}, "required": ["größe", "名前", "a\"b\\c"], "additionalProperties": false}),
        json!({"type": "object", "additionalProperties": {"type": "integer"}}),
        json!({"$defs": {"node": {"type": "object", "properties": {"v": {"type": "integer"}, "next": {"$ref": "#/$defs/node"}}, "required": ["v"], "additionalProperties": false}}, "$ref": "#/$defs/node"}),
        json!({"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"type": "object", "properties": {"c": {"type": "array", "items": {"type": "array", "items": {"type": "boolean"}, "maxItems": 2}, "minItems": 1}}, "required": ["c"]}}, "required": ["b"]}}, "required": ["a"]}),
        json!({"allOf": [{"type": "object", "properties": {"p": {"type": "string"}}, "required": ["p"]}, {"type": "object", "properties": {"q": {"type": "integer"}}, "required": ["q"]}]}),
        json!({"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
        json!({"type": "integer", "multipleOf": 7, "minimum": 0}),
        json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false, "minItems": 2}),
        json!({"type": "object", "properties": {"mail": {"type": "string", "format": "email"}, "id": {"type": "string", "format": "uuid"}, "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2}}, "required": ["mail", "id", "tags"], "additionalProperties": false}),
        json!(true),
    ]
}

#[test]
fn any_form_is_valid_even_at_a_temperature_of_two() {
    let Some(mut model) = trained() else { return };
    let mut written = Vec::new();
    let (mut cut, mut masks, mut all) = (0, Duration::ZERO, Duration::ZERO);
    for (number, schema) in schemas().into_iter().enumerate() {
        let temperatures: &[f32] = if number % 4 == 0 { &[0.0, 2.0] } else { &[2.0] };
        for &temperature in temperatures {
            let mut grammar = Grammar::new(Arc::clone(&model.chat), &schema).unwrap();
            let checked = Grammar::new(Arc::clone(&model.chat), &schema).unwrap();
            let sampling = Sampling { temperature, seed: number as u64, ..Sampling::default() };
            let prompt = format!("Invoice AB-12 of Muller, 14 euros. Fill in: {schema}");
            let one = model.write(&prompt, sampling, 40, Box::new(move |generated, logits| grammar.mask(generated, logits)));
            let whole = checked.completed(&one.text).unwrap_or_else(|error| panic!("{schema}: {error}: {}", one.text));
            assert!(whole.text.starts_with(one.text.trim_end_matches('\u{FFFD}')), "{schema}: {} became {}", one.text, whole.text);
            let value: Value = serde_json::from_str(&whole.text).unwrap_or_else(|error| panic!("{schema}: {error}: {}", whole.text));
            (cut, masks, all) = (cut + usize::from(whole.added > 0), masks + one.masks, all + one.all);
            written.push(json!([schema, value]));
        }
    }
    eprintln!("{} forms, {cut} of them cut off and made whole; masks took {masks:?} of {all:?}", written.len());
    validated(&written);
}

/// Holds values to their schemas by another implementation, where there is one.
fn validated(pairs: &[Value]) {
    let program = "import sys, json, jsonschema\n\
                   for schema, value in json.load(sys.stdin): jsonschema.Draft202012Validator(schema, \
                   format_checker=jsonschema.FormatChecker()).validate(value)\nprint('valid')";
    let Ok(mut python) =
        Command::new("python3").args(["-c", program]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    else {
        return eprintln!("SKIPPED: no Python to hold the forms to their schemas a second time");
    };
    python.stdin.take().unwrap().write_all(Value::from(pairs).to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    if errors.contains("No module named") {
        return eprintln!("SKIPPED: no Python module jsonschema to hold the forms to their schemas a second time");
    }
    assert!(output.status.success() && output.stdout.starts_with(b"valid"), "{errors}");
}

#[test]
fn every_quotation_of_a_trained_model_stands_in_its_source() {
    let Some(mut model) = trained() else { return };
    let sources = [
        "Unused vacation days lapse on 31 March of the next year. Employees have 25.5 days\nof paid vacation; managers have 30.",
        "A lost badge is reported to reception within 24 hours. A new badge costs 15 euros.\n\nVisitors park in row C.",
    ];
    let texts: Vec<Arc<QuotableText>> = sources.iter().map(|text| Arc::new(QuotableText::new(text, model.chat.tokenizer()))).collect();
    let (mut quoted, mut masks, mut all, mut tokens) = (0, Duration::ZERO, Duration::ZERO, 0);
    for temperature in [0.0, 0.7, 2.0] {
        for (seed, question) in
            ["How many days of vacation are there?", "What does a new badge cost?", "Where do visitors park?"].iter().enumerate()
        {
            let mut quoting = Quoting::new(Arc::clone(&model.chat), (1..).zip(texts.iter().cloned()).collect());
            let prompt =
                format!("[1] {}\n\n[2] {}\n\nAnswer with quotations such as [1] “words of source 1”. {question}", sources[0], sources[1]);
            let sampling = Sampling { temperature, seed: seed as u64, ..Sampling::default() };
            let one = model.write(&prompt, sampling, 60, Box::new(move |generated, logits| quoting.mask(generated, logits)));
            let mut one_quotation = Quoting::one(Arc::clone(&model.chat), (1..).zip(texts.iter().cloned()).collect());
            let sampling = Sampling { temperature, seed: seed as u64, ..Sampling::default() };
            let only = model.write(&prompt, sampling, 60, Box::new(move |generated, logits| one_quotation.mask(generated, logits)));
            (masks, all, tokens) = (masks + one.masks + only.masks, all + one.all + only.all, tokens + one.tokens + only.tokens);
            let texts_of = quotations(&one.text).into_iter().map(|range| &one.text[range]);
            for quotation in texts_of.chain(only.text.strip_suffix('”')) {
                assert!(texts.iter().any(|text| !text.find(quotation).is_empty()), "{quotation:?} of {:?}", one.text);
                quoted += 1;
            }
            assert!(!one.text.contains('"'), "{}", one.text);
        }
    }
    eprintln!("{quoted} quotations in {tokens} tokens; masks took {masks:?} of {all:?}");
    assert!(quoted >= 6);
}
