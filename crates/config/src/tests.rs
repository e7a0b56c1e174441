//! The layers, from outside: what wins, and what a mistake is answered with.

use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};

use crate::limits::{ExtractLimits, SearchLimits, ServerLimits};
use crate::{Config, ConfigError, LoadOptions};

/// A data directory, with or without its own file.
fn data_dir(own_file: Option<&str>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    if let Some(text) = own_file {
        fs_err::write(dir.path().join("config.toml"), text).unwrap();
    }
    dir
}

fn load(dir: &Path, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::load(LoadOptions {
        file: None,
        data_dir: Some(dir.to_owned()),
        overrides: flags.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        environment: environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
    })
}

/// What a file and an environment are refused with.
fn check_error(file: &str, environment: &[(&str, &str)], expected: &Expect) {
    let dir = data_dir(Some(file));
    let error = load(dir.path(), environment, &[]).unwrap_err().to_string();
    expected.assert_eq(&error.replace(&*dir.path().to_string_lossy(), "DIR"));
}

#[test]
fn the_compiled_in_file_resolves_and_agrees_with_the_limits() {
    let config = Config::defaults();
    assert_eq!(config.store.data_dir, PathBuf::from("/nonexistent"));
    assert_eq!(config.server.limits, ServerLimits::default());
    assert_eq!(config.extract.limits, ExtractLimits::default());
    assert!(config.search.hits <= SearchLimits::default().hits_max);
    assert!(config.server.address.ip().is_loopback());
    assert!(config.extract.workers >= 1 && config.server.workers >= 1);
}

#[test]
fn a_flag_beats_the_environment_beats_the_file_beats_the_default() {
    let dir = data_dir(Some("[search]\nhits = 20\ncandidates = 200\n[index]\nwriter_heap = \"128 MiB\""));
    let environment = [("PINAKES_SEARCH__HITS", "30"), ("PINAKES_SEARCH__CANDIDATES", "300")];
    let config = load(dir.path(), &environment, &[("search.hits", "40")]).unwrap();
    assert_eq!(config.search.hits, 40);
    assert_eq!(config.search.candidates, 300);
    assert_eq!(config.index.writer_heap_bytes, 128 << 20);
    assert_eq!(config.chunk.tokens_max, 256);
    let origin_of = |key: &str| config.settings().into_iter().find(|setting| setting.key == key).unwrap().origin.to_string();
    assert_eq!(origin_of("search.hits"), "flag for search.hits");
    assert_eq!(origin_of("search.candidates"), "environment PINAKES_SEARCH__CANDIDATES");
    assert_eq!(origin_of("index.writer_heap"), format!("{}:5", dir.path().join("config.toml").display()));
    assert_eq!(origin_of("chunk.tokens_max"), "default");
}

#[test]
fn the_data_directory_comes_from_flag_then_environment_then_named_file() {
    let flag = data_dir(Some("[search]\nhits = 11"));
    let variable = data_dir(Some("[search]\nhits = 12"));
    let variables = [("PINAKES_DATA_DIR", variable.path().to_str().unwrap())];
    let config = load(flag.path(), &variables, &[]).unwrap();
    assert_eq!((config.store.data_dir.as_path(), config.search.hits), (flag.path(), 11));

    let environment: Vec<_> = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let config = Config::load(LoadOptions { environment, ..LoadOptions::default() }).unwrap();
    assert_eq!((config.store.data_dir.as_path(), config.search.hits), (variable.path(), 12));

    let file = flag.path().join("named.toml");
    fs_err::write(&file, "store.data_dir = \"store\"").unwrap();
    let config = Config::load(LoadOptions { file: Some(file), ..LoadOptions::default() }).unwrap();
    assert_eq!((config.store.data_dir, config.search.hits), (flag.path().join("store"), 10));
}

#[test]
fn a_named_file_must_exist() {
    let file = Some(PathBuf::from("/no/such/file.toml"));
    assert!(matches!(Config::load(LoadOptions { file, ..LoadOptions::default() }), Err(ConfigError::Read { .. })));
}

#[test]
fn lists_and_numbers_read_the_same_from_file_and_environment() {
    let dir = data_dir(Some("[ingest]\nexclude = [\"a/\", \"b\"]\n[index]\nann_rows_min = 0x1_000"));
    let config = load(dir.path(), &[("PINAKES_INGEST__INCLUDE", "*.md, *.txt"), ("PINAKES_INDEX__COMMIT_CHUNKS", "1_000")], &[]).unwrap();
    assert_eq!(config.ingest.exclude, ["a/", "b"]);
    assert_eq!(config.ingest.include, ["*.md", "*.txt"]);
    assert_eq!((config.index.ann_rows_min, config.index.commit_chunks), (4_096, 1_000));
}

#[test]
fn zero_seconds_turns_an_interval_off() {
    let dir = data_dir(Some("[ingest]\nsync_interval = \"0 s\""));
    assert_eq!(load(dir.path(), &[], &[]).unwrap().ingest.sync_interval, None);
}

#[test]
fn variables_of_tests_are_not_settings_and_others_are_not_ours() {
    let dir = data_dir(None);
    let environment = [("PINAKES_SHARED", "x"), ("PINAKES_TEST", "full"), ("PINAKES_LOG", "debug"), ("PATH", "/bin")];
    assert_eq!(load(dir.path(), &environment, &[]).unwrap().log.level, "debug");
}

#[test]
fn unknown_keys_name_the_place_and_the_nearest() {
    check_error(
        "[server]\n\nadress = 1",
        &[],
        &expect!["DIR/config.toml:3: there is no setting `server.adress`; did you mean `server.address`?"],
    );
    check_error(
        "[serve]\naddress = 1",
        &[],
        &expect!["DIR/config.toml:2: there is no setting `serve.address`; did you mean `server.address`?"],
    );
    check_error("[index]\nrrf_k = 1", &[], &expect!["DIR/config.toml:2: there is no setting `index.rrf_k`; did you mean `search.rrf_k`?"]);
    check_error("zzz = 1", &[], &expect!["DIR/config.toml:1: there is no setting `zzz`"]);
    check_error(
        "",
        &[("PINAKES_CHUNK__TOKEN_MAX", "1")],
        &expect!["environment PINAKES_CHUNK__TOKEN_MAX: there is no setting `chunk.token_max`; did you mean `chunk.tokens_max`?"],
    );
    check_error(
        "",
        &[("PINAKES_SERVER_ADDRESS", "1")],
        &expect!["environment PINAKES_SERVER_ADDRESS: there is no setting `server_address`; did you mean `server.address`?"],
    );
}

#[test]
fn bad_values_name_the_key_and_what_would_be_right() {
    check_error("[search]\nhits = 0", &[], &expect!["DIR/config.toml:2: `search.hits` is \"0\" but must be a number from 1 to 100"]);
    check_error(
        "[search]\nfusion = \"sum\"",
        &[],
        &expect![[r#"DIR/config.toml:2: `search.fusion` is "sum" but must be "convex" or "rrf""#]],
    );
    check_error(
        "[search]\nweight_lexical = nan",
        &[],
        &expect!["DIR/config.toml:2: `search.weight_lexical` is \"nan\" but must be a number from 0 to 1"],
    );
    check_error(
        "[index]\nwriter_heap = \"64 mb\"",
        &[],
        &expect!["DIR/config.toml:2: `index.writer_heap` is \"64 mb\" but must be a size from 16 MiB to 2 GiB"],
    );
    check_error(
        "[server]\nbody_time_max = 10",
        &[],
        &expect!["DIR/config.toml:2: `server.body_time_max` is \"10\" but must be a time from 1 ms to 1 h"],
    );
    check_error(
        "[server]\naddress = \"localhost\"",
        &[],
        &expect!["DIR/config.toml:2: `server.address` is \"localhost\" but must be an IP address and a port, such as 127.0.0.1:8631"],
    );
    check_error(
        "[chunk]\ntokens_max = 9",
        &[],
        &expect!["DIR/config.toml:2: `chunk.tokens_max` is \"9\" but must be a number from 32 to 8192"],
    );
    check_error(
        "",
        &[("PINAKES_INGEST__HIDDEN", "yes")],
        &expect!["environment PINAKES_INGEST__HIDDEN: `ingest.hidden` is \"yes\" but must be true or false"],
    );
    check_error(
        "[models]\nhub_url = \"ftp://x\"",
        &[],
        &expect!["DIR/config.toml:2: `models.hub_url` is \"ftp://x\" but must be an address that starts with https:// or http://"],
    );
    check_error(
        "[store]\ndata_dir = \"x\"",
        &[],
        &expect![[
            r#"DIR/config.toml:2: `store.data_dir` is "x" but must be left out of the data directory's own file: it is found by the data directory"#
        ]],
    );
}

#[test]
fn what_is_not_toml_names_the_line() {
    check_error("[search]\nhits = = 3", &[], &expect!["DIR/config.toml:2: extra `=`, expected nothing"]);
    check_error("[search]\nhits = 3\nhits = 4", &[], &expect!["DIR/config.toml:3: duplicate key"]);
    check_error(
        "[search]\nhits = 2020-01-01",
        &[],
        &expect![[r#"DIR/config.toml:2: `search.hits` is "datetime" but must be a text, a number, true or false, or a list of those"#]],
    );
}

#[test]
fn a_bot_is_off_and_its_tokens_are_never_shown() {
    let dir = data_dir(None);
    assert_eq!(load(dir.path(), &[], &[]).unwrap().bot, None);
    let environment = [("PINAKES_BOT__SLACK__TOKEN", "xoxb-hidden"), ("PINAKES_BOT__PLATFORM", "slack")];
    let config = load(dir.path(), &environment, &[("bot.slack.mode", "http")]).unwrap();
    let Some(crate::BotConfig { platform: crate::BotPlatform::Slack(slack), .. }) = &config.bot else { panic!("{:?}", config.bot) };
    assert_eq!((slack.token.value.as_str(), slack.socket), ("xoxb-hidden", false));
    assert!(!format!("{config:?} {:?}", config.settings()).contains("xoxb"));
    check_error(
        "[bot]\nplatform = \"mattermost\"",
        &[],
        &expect![[r#"default: `bot.mattermost.url` is "" but must be an address that starts with https:// or http://"#]],
    );
}
