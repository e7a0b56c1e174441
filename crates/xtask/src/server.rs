//! Leaves the server running after this program has ended, and finds it again the next time.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::steps::{Failure, announce};

/// Where `pinakes serve` listens when nobody says otherwise.
const ADDRESS: &str = "127.0.0.1:8631";
const PID_FILE: &str = "quickstart.pid";
const LOG_FILE: &str = "quickstart.log";
const POLL: Duration = Duration::from_millis(100);
const START_POLLS_MAX: u32 = 600;
const STOP_POLLS_MAX: u32 = 200;

/// A server that runs on its own.
pub(crate) struct Running {
    pub(crate) pid: u32,
    pub(crate) url: String,
    pub(crate) log: PathBuf,
}

/// The default address, or any free port of the same host when it is taken.
pub(crate) fn free_address() -> String {
    match TcpListener::bind(ADDRESS) {
        Ok(_) => ADDRESS.to_owned(),
        Err(_) => "127.0.0.1:0".to_owned(),
    }
}

/// Starts `serve` in its own process group, with its output in a file, and waits until it is ready.
pub(crate) fn start(mut command: Command, data_dir: &Path) -> Result<Running, Failure> {
    let log = data_dir.join(LOG_FILE);
    let file = File::create(&log).map_err(Failure::at(&log))?;
    let errors = file.try_clone().map_err(Failure::at(&log))?;
    command.args(["serve", "--address", &free_address()]).stdin(Stdio::null()).stdout(file).stderr(errors);
    detach(&mut command);
    let mut child = command.spawn().map_err(|error| Failure::new(format!("cannot start the server: {error}")))?;
    let pid_file = data_dir.join(PID_FILE);
    fs::write(&pid_file, child.id().to_string()).map_err(Failure::at(&pid_file))?;
    match wait_until_ready(&mut child, &log) {
        Ok(url) => Ok(Running { pid: child.id(), url, log }),
        Err(failure) => {
            // Already gone is what we want.
            let _ = child.kill();
            let said = fs::read_to_string(&log).unwrap_or_default();
            Err(Failure::new(format!("{failure}; it said:\n{said}")))
        }
    }
}

/// Stops the server an earlier quickstart left running on this store: the store has one writer.
pub(crate) fn stop_earlier(data_dir: &Path) -> Result<(), Failure> {
    let pid_file = data_dir.join(PID_FILE);
    let Some(pid) = fs::read_to_string(&pid_file).ok().and_then(|text| text.trim().parse::<u32>().ok()) else { return Ok(()) };
    if is_our_server(pid, data_dir) {
        announce(&format!("stopping the server of an earlier quickstart (process {pid})"));
        let _ = Command::new("kill").arg(pid.to_string()).status();
        let stopped = (0..STOP_POLLS_MAX).any(|_| {
            std::thread::sleep(POLL);
            !is_our_server(pid, data_dir)
        });
        if !stopped {
            return Err(Failure::new(format!("process {pid} does not stop; it still holds {}", data_dir.display())));
        }
    }
    fs::remove_file(&pid_file).map_err(Failure::at(&pid_file))
}

/// Whether a process with that number is a server on this store, and not another program that got the number since.
fn is_our_server(pid: u32, data_dir: &Path) -> bool {
    let output = Command::new("ps").args(["-ww", "-o", "args=", "-p", &pid.to_string()]).output();
    let line = match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(bytes) => bytes.iter().map(|&byte| if byte == 0 { b' ' } else { byte }).collect(),
        Err(_) => output.map(|output| output.stdout).unwrap_or_default(),
    };
    let line = String::from_utf8_lossy(&line).into_owned();
    line.contains("pinakes") && line.contains(" serve ") && line.contains(&*data_dir.to_string_lossy())
}

fn wait_until_ready(child: &mut Child, log: &Path) -> Result<String, Failure> {
    for _ in 0..START_POLLS_MAX {
        std::thread::sleep(POLL);
        if let Ok(Some(status)) = child.try_wait() {
            return Err(Failure::new(format!("the server ended at once ({status})")));
        }
        let said = fs::read_to_string(log).unwrap_or_default();
        if let Some(address) = address_in(&said)
            && is_ready(&address)
        {
            return Ok(format!("http://{address}"));
        }
    }
    Err(Failure::new("the server was not ready within a minute"))
}

/// The address in the line `listening on http://ADDRESS`.
fn address_in(log: &str) -> Option<String> {
    let rest = log.split_once("listening on http://")?.1;
    let (line, _) = rest.split_once('\n')?;
    Some(line.trim().trim_end_matches('/').to_owned())
}

fn is_ready(address: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(format!("GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())?;
        let mut answer = String::new();
        stream.take(64 << 10).read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.split(' ').nth(1) == Some("200"))
}

#[cfg(unix)]
fn detach(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn detach(_: &mut Command) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_once_its_line_is_whole() {
        assert_eq!(address_in("starting\nlistening on http://127.0.0.1:81"), None);
        assert_eq!(address_in("starting\nlistening on http://127.0.0.1:8123\n").as_deref(), Some("127.0.0.1:8123"));
    }

    #[test]
    fn ready_is_status_200_and_nothing_else() {
        for (status, ready) in [("200 OK", true), ("503 Service Unavailable", false)] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let server = std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let mut head = [0; 1_024];
                let length = stream.read(&mut head).unwrap();
                assert!(head[..length].starts_with(b"GET /health/ready HTTP/1.1\r\n"));
                stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes()).unwrap();
            });
            assert_eq!(is_ready(&address), ready);
            server.join().unwrap();
        }
    }

    #[test]
    fn a_process_that_is_not_ours_is_left_alone() {
        assert!(!is_our_server(std::process::id(), Path::new("/nowhere")));
        assert!(!is_our_server(u32::MAX, Path::new("/nowhere")));
    }
}
