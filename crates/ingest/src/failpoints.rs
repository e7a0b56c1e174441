//! Named points at which a test lets the process die. In a build without the feature there are none, and nothing here does anything.

/// Arms the points named in the environment variable `FAILPOINTS` (see the crate `fail`), and makes a panic there end the process as
/// abruptly as a crash would.
#[cfg(feature = "failpoints")]
pub fn arm_failpoints() {
    if !fail::has_failpoints() {
        return;
    }
    // Never torn down: the points live as long as the process.
    std::mem::forget(fail::FailScenario::setup());
    if !fail::list().is_empty() {
        std::panic::set_hook(Box::new(|_| std::process::abort()));
    }
}

/// Nothing to arm.
#[cfg(not(feature = "failpoints"))]
pub fn arm_failpoints() {}
