//! What a submission may use in the warm engine.

use std::time::Duration;

use frames::JobLimits;
use model::{Limit, LimitHit};
use sandbox::Limits;

/// What one submission's code may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WarmLimits {
    /// The whole run.
    pub all: Limits,
    /// Wall-clock time of one cell.
    pub cell: Duration,
    /// Wall-clock time of one test case.
    pub case: Duration,
    /// Bytes of all files together.
    pub disk_bytes: u64,
    /// Files and folders at once.
    pub files: u64,
}

impl Default for WarmLimits {
    fn default() -> Self {
        Self {
            all: Limits::default(),
            cell: Duration::from_mins(1),
            case: Duration::from_secs(30),
            disk_bytes: 1 << 30,
            files: 20_000,
        }
    }
}

impl WarmLimits {
    /// The limit of this kind, with its value, for a report.
    pub(super) fn hit(&self, limit: Limit) -> LimitHit {
        match limit {
            Limit::CellSeconds => LimitHit { limit, value: self.cell.as_secs(), cell: None },
            Limit::CaseSeconds => LimitHit { limit, value: self.case.as_secs(), cell: None },
            limit => self.all.hit(limit),
        }
    }

    /// What the jail keeps.
    pub(super) fn job(&self) -> JobLimits {
        JobLimits {
            cpu_s: self.all.cpu.as_secs().max(1),
            memory_bytes: self.all.memory_bytes,
            processes: self.all.processes,
            file_bytes: self.all.file_bytes,
            disk_bytes: self.disk_bytes,
            inodes: self.files,
        }
    }
}
