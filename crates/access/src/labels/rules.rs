//! Rules of the configuration: `PATTERN = LABEL, LABEL`. As in `.gitignore`, the last that matches decides.

use std::collections::BTreeSet;
use std::path::Path;

use pinakes_catalog::Decided;
use pinakes_config::limits::access::RULES_MAX;
use pinakes_types::{Label, PathPattern};
use thiserror::Error;

use super::label_set;

/// A rule that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("access rule {rule:?}: {problem}")]
pub struct RuleError {
    /// As written.
    pub rule: String,
    /// What is wrong with it.
    pub problem: String,
}

struct Rule {
    glob: PathPattern,
    labels: BTreeSet<Label>,
    written: String,
}

/// All rules, in order.
pub(crate) struct Rules(Vec<Rule>);

impl Rules {
    pub(crate) fn parse(written: &[String]) -> Result<Self, RuleError> {
        if written.len() > RULES_MAX {
            return Err(RuleError { rule: written[RULES_MAX].clone(), problem: format!("there are more than {RULES_MAX}") });
        }
        written
            .iter()
            .map(|rule| parse(rule).map_err(|problem| RuleError { rule: rule.clone(), problem }))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// What the last rule that matches says.
    pub(crate) fn decide(&self, relative: &str, path: &Path) -> Option<Decided> {
        let absolute = path.to_string_lossy();
        let fits = |rule: &&Rule| rule.glob.matches(if rule.glob.is_absolute() { &absolute } else { relative });
        let rule = self.0.iter().rev().find(fits)?;
        Some(Decided { labels: rule.labels.clone(), origin: format!("rule {:?}", rule.written) })
    }
}

fn parse(written: &str) -> Result<Rule, String> {
    let (pattern, labels) = written.rsplit_once('=').ok_or("write PATTERN = LABEL, LABEL")?;
    let glob = PathPattern::parse(pattern.trim()).ok_or("the pattern is empty")?;
    Ok(Rule { glob, labels: label_set(labels.split(','))?, written: written.trim().to_owned() })
}
