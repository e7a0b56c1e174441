use super::*;

fn view() -> View<'static> {
    let mut view = View::new([("bos_token", "<s>"), ("eos_token", "</s>"), ("pad_token", "")], true, None);
    view.messages.push(TurnView { role: "user", content: "a<b".into(), reasoning_content: None, tool_calls: Vec::new() });
    view
}

fn rendered(source: &str) -> Result<String, TemplateError> {
    Template::from_source(source)?.render(&view())
}

#[test]
fn values_are_written_as_python_writes_them() {
    for (source, expected) in [
        ("{{ true }} {{ none }} {{ false | string }} {{ missing }}", "True None False "),
        (r#"{{ {"b": [1, "<é>"], "a": none} | tojson }}"#, r#"{"b": [1, "<é>"], "a": null}"#),
        (r#"{{ {"a": 1} | tojson(indent=2) }}"#, "{\n  \"a\": 1\n}"),
        ("{{ bos_token + messages[0].content + eos_token }}", "<s>a<b</s>"),
        ("{% if true %}\n  x\n  {% endif %}\ny", "  x\ny"),
        ("{{ '<think>\nab\n'.split('<think>')[-1].lstrip('\n').rstrip('\n') }}", "ab"),
        ("{% if messages[0].reasoning_content is string %}s{% endif %}{% if tools %}t{% endif %}-", "-"),
    ] {
        assert_eq!(rendered(source).unwrap(), expected, "{source}");
    }
}

#[test]
fn a_date_comes_from_the_caller_alone() {
    let template = Template::from_source("{{ strftime_now('%d %b %Y, %B %e %y%%') }}").unwrap();
    let mut dated = view();
    assert!(matches!(template.render(&dated), Err(TemplateError::NoDate)));
    dated.today = Some((2026, 3, 7));
    assert_eq!(template.render(&dated).unwrap(), "07 Mar 2026, March  7 26%");
    let clock = Template::from_source("{{ strftime_now('%H') }}").unwrap();
    assert!(matches!(clock.render(&dated), Err(TemplateError::Bad(_))));
}

#[test]
fn a_template_cannot_run_away() {
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
    let refused = rendered(endless).unwrap_err().to_string();
    assert!(refused.contains("steps"), "{refused}");
    assert!(matches!(rendered("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}"), Err(TemplateError::Bad(_))));
    let long = " ".repeat(limits::TEMPLATE_BYTES_MAX + 1);
    assert!(matches!(Template::from_source(&long), Err(TemplateError::TooLarge { .. })));
}

#[test]
fn faults_and_refusals_are_told_apart() {
    assert!(matches!(rendered("{{ raise_exception('no') }}"), Err(TemplateError::Refused(message)) if message == "no"));
    assert!(matches!(rendered("{{ unknown() }}"), Err(TemplateError::Bad(_))));
    assert!(matches!(rendered("{% include 'other' %}"), Err(TemplateError::Bad(_))));
    let refused = Template::from_source("\n{% generation %}").unwrap_err().to_string();
    assert!(refused.contains(":2"), "{refused}");
}

#[test]
fn the_built_in_templates_compile() {
    for template in [Template::qwen35(), Template::chatml()] {
        assert!(template.render(&view()).unwrap().contains("<|im_start|>user\na<b<|im_end|>\n<|im_start|>assistant\n"));
    }
}
