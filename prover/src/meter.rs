//! Wall time, CPU time and memory of this process.

use rustix::time::{ClockId, clock_gettime};
use std::ops::AddAssign;
use std::time::Instant;

/// Seconds spent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    /// By the clock on the wall.
    pub wall: f64,
    /// By all threads of the process.
    pub cpu: f64,
}

impl AddAssign for Spent {
    fn add_assign(&mut self, other: Spent) {
        self.wall += other.wall;
        self.cpu += other.cpu;
    }
}

/// A running measurement.
pub struct Meter {
    wall: Instant,
    cpu: f64,
}

impl Meter {
    /// Starts now.
    pub fn start() -> Self {
        Meter { wall: Instant::now(), cpu: cpu_seconds() }
    }

    /// What was spent since the start.
    pub fn stop(&self) -> Spent {
        Spent { wall: self.wall.elapsed().as_secs_f64(), cpu: cpu_seconds() - self.cpu }
    }
}

fn cpu_seconds() -> f64 {
    let t = clock_gettime(ClockId::ProcessCPUTime);
    t.tv_sec as f64 + t.tv_nsec as f64 / 1e9
}

/// Largest resident memory of the process so far, bytes; 0 where the system does not tell.
pub fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
