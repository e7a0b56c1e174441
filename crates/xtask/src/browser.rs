//! Fetches what the tests in a real browser need and the machine lacks: the packages of `tests/browser` from the npm registry (an identity
//! provider to sign in through among them), and a Chromium where none is installed. Nothing of it is needed to build or run; where it cannot be had, those tests say that they are skipped.

use std::path::Path;
use std::process::Command;

use crate::places::root;
use crate::steps;

/// Names a Chromium goes by, as in `tests/browser.rs`.
const CHROMIUMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// What `tests/browser/package.json` names.
const PACKAGES: [&str; 3] = ["axe-core", "oidc-provider", "playwright-core"];

/// Fetches it. Never fails.
pub(crate) fn fetch() {
    let flows = root().join("tests/browser");
    if !on_path("node") || !on_path("npm") {
        steps::skipped("the page in a real browser, as node and npm are not installed");
        return;
    }
    let installed = PACKAGES.iter().all(|package| flows.join("node_modules").join(package).join("package.json").is_file());
    if !installed && !succeeds(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&flows)) {
        steps::skipped("the page in a real browser, as its packages could not be fetched from the npm registry");
        return;
    }
    if std::env::var_os("PINAKES_CHROMIUM").is_some() || CHROMIUMS.iter().any(|name| on_path(name)) {
        return;
    }
    let browsers = root().join(".tools/browsers");
    let fetched = browsers.is_dir() || fetch_chromium(&flows, &browsers);
    if !fetched {
        steps::skipped("the page in a real browser, as there is no Chromium and none could be fetched; PINAKES_CHROMIUM can name one");
    }
}

fn fetch_chromium(flows: &Path, browsers: &Path) -> bool {
    let install = ["node_modules/playwright-core/cli.js", "install", "--only-shell", "chromium"];
    succeeds(Command::new("node").args(install).current_dir(flows).env("PLAYWRIGHT_BROWSERS_PATH", browsers))
}

fn succeeds(command: &mut Command) -> bool {
    steps::exit_code(command).is_ok_and(|code| code == 0)
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
