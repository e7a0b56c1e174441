//! The child: reads one file at a time under limits the kernel holds, and answers on standard output.

use std::cell::RefCell;
use std::io::{self, BufWriter};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use pinakes_config::limits::ExtractLimits;
use pinakes_types::DocVersion;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use crate::outcome::{Extraction, Rejection};
use crate::protocol::{REQUEST_BYTES_MAX, Request, read_frame, write_bytes, write_frame};
use crate::seen::{PageSeen, PageWanted};
use crate::{parse, pdf, read, reasons};

/// Stack of the thread that parses; nesting is bounded, so this is ample. Mapped, not resident.
const STACK_BYTES: usize = 64 << 20;

thread_local! {
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The child's main loop: limits itself, then reads requests on standard input and answers on standard output until the parent closes it.
///
/// # Errors
/// When a limit cannot be set or the parent is gone.
pub fn run_worker(limits: &ExtractLimits) -> io::Result<()> {
    confine(limits)?;
    quiet_panics();
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || serve(limits))?;
        worker.join().map_err(|_| io::Error::other("the reading thread ended"))?
    })
}

fn serve(limits: &ExtractLimits) -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut output = BufWriter::new(io::stdout().lock());
    while let Some(bytes) = read_frame(&mut input, REQUEST_BYTES_MAX)? {
        let request: Request = serde_json::from_slice(&bytes)?;
        let path = Path::new(&request.path);
        allow_cpu(limits)?;
        match &request.page {
            None => write_frame(&mut output, &extract(path, limits))?,
            Some(wanted) => {
                let seen = look_at(path, wanted, limits).map_err(|rejection| rejection.reason().clone());
                write_frame(&mut output, &seen)?;
                write_bytes(&mut output, seen.as_ref().map_or(&[], |seen| &seen.png))?;
            }
        }
    }
    Ok(())
}

/// Reads and parses one file. Hash and text are of the same bytes.
fn extract(path: &Path, limits: &ExtractLimits) -> Extraction {
    let bytes = match read::read(path, limits) {
        Ok(bytes) => bytes,
        Err((rejection, size)) => return rejection.into_extraction(None, size),
    };
    let version = DocVersion::of(&bytes);
    let size = bytes.len() as u64;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match guarded(limits, size, || parse(&name, &bytes, limits)) {
        Ok(document) => Extraction::Text { document, version, bytes: size },
        Err(rejection) => rejection.into_extraction(Some(version), size),
    }
}

/// Looks at one page. What is seen and its version are of the same bytes.
fn look_at(path: &Path, wanted: &PageWanted, limits: &ExtractLimits) -> Result<PageSeen, Rejection> {
    let bytes = read::read(path, limits).map_err(|(rejection, _)| rejection)?;
    let version = DocVersion::of(&bytes);
    guarded(limits, bytes.len() as u64, || {
        let pdf::Measured { size: [width, height], boxes } = pdf::boxes(&bytes, wanted.number, wanted.sought.as_ref(), limits)?;
        let png = if wanted.image { pdf::image(&bytes, wanted.number, limits)? } else { Vec::new() };
        Ok(PageSeen { version, width, height, boxes, png })
    })
}

/// Parses within the memory that a file of this size may need; a panic is a reason.
fn guarded<T>(limits: &ExtractLimits, file_bytes: u64, parse: impl FnOnce() -> Result<T, Rejection>) -> Result<T, Rejection> {
    allow_memory(limits, file_bytes);
    let parsed = catch_unwind(AssertUnwindSafe(parse)).unwrap_or_else(|_| Err(panicked()));
    allow_all_memory();
    parsed
}

fn panicked() -> Rejection {
    reasons::parser_panicked(&PANIC.take())
}

/// Keeps panic messages off the operator's terminal and for the reason.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        const SHOWN_CHARS: usize = 200;
        let place =
            info.location().map(|at| format!("{}:{}", at.file().rsplit('/').next().unwrap_or_default(), at.line())).unwrap_or_default();
        let words = info.payload_as_str().unwrap_or("no message");
        let message = format!("{place}: {words}").chars().take(SHOWN_CHARS).collect();
        PANIC.set(message);
    }));
}

/// Sets the limits that hold for the child's whole life.
fn confine(limits: &ExtractLimits) -> io::Result<()> {
    set(Resource::As, limits.address_space_bytes_max)?; // the hard limit; each file has a lower one
    set(Resource::Nofile, limits.open_files_max)?;
    // The child writes to its pipes only.
    set(Resource::Fsize, 0)?;
    set(Resource::Core, 0)
}

/// Lowers both the soft and the hard limit, never raising what the operator set lower.
fn set(resource: Resource, wanted: u64) -> io::Result<()> {
    let hard = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let limit = Some(wanted.min(hard));
    Ok(setrlimit(resource, Rlimit { current: limit, maximum: limit })?)
}

/// Grants CPU time for one more file on top of what was used. The hard limit stays, or the next file could not be granted any.
fn allow_cpu(limits: &ExtractLimits) -> io::Result<()> {
    let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or(0);
    let hard = getrlimit(Resource::Cpu).maximum;
    let soft = (used + limits.cpu_seconds_max + 1).min(hard.unwrap_or(u64::MAX));
    Ok(setrlimit(Resource::Cpu, Rlimit { current: Some(soft), maximum: hard })?)
}

/// Lowers the soft limit of memory to what a file of this size can honestly need, so that a small bomb ends early. Where the present
/// size is not told (no `/proc`), the hard limit alone holds.
fn allow_memory(limits: &ExtractLimits, file_bytes: u64) {
    let wanted = limits.parse_bytes_base_max.saturating_add(file_bytes.saturating_mul(limits.parse_bytes_per_file_byte_max));
    let hard = getrlimit(Resource::As).maximum;
    if let Some(mapped) = mapped_bytes() {
        let soft = mapped.saturating_add(wanted).min(hard.unwrap_or(u64::MAX));
        // A limit that cannot be lowered leaves the hard one.
        let _ = setrlimit(Resource::As, Rlimit { current: Some(soft), maximum: hard });
    }
}

fn allow_all_memory() {
    let hard = getrlimit(Resource::As).maximum;
    let _ = setrlimit(Resource::As, Rlimit { current: hard, maximum: hard });
}

/// Address space in use.
fn mapped_bytes() -> Option<u64> {
    let status = fs_err::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}
