// SPDX-License-Identifier: BSD-3-Clause
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);
/// A process that ran this long did not fail because it was restarted.
const HEALTHY: Duration = Duration::from_secs(60);

/// How long to wait before a process is started again.
#[derive(Debug, Default)]
pub struct Backoff {
    last: Option<Duration>,
}

impl Backoff {
    /// Returns the wait after a process that ran for `ran`.
    pub fn next(&mut self, ran: Duration) -> Duration {
        let wait = match self.last {
            Some(last) if ran < HEALTHY => (last * 2).min(LONGEST),
            _ => FIRST,
        };
        self.last = Some(wait);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_a_bound() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..8)
            .map(|_| backoff.next(Duration::ZERO).as_millis())
            .collect();
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    }

    #[test]
    fn starts_over_after_a_minute_of_work() {
        let mut backoff = Backoff::default();
        for _ in 0..5 {
            backoff.next(Duration::from_secs(59));
        }
        assert_eq!(backoff.next(Duration::from_secs(60)), FIRST);
        assert_eq!(backoff.next(Duration::ZERO), FIRST * 2);
    }
}
