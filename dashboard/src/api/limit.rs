//! How much may be asked: so many requests a minute from one address and with one token, within bounded memory.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Addresses, or tokens, that are told apart; more of them in one minute share one allowance.
const MOST_KEYS: usize = 50_000;
/// How often those are forgotten that have their whole allowance again.
const SWEEP: Duration = Duration::from_secs(60);

/// Requests a minute; as many may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// With one token.
    pub token: NonZeroU32,
    /// From one address.
    pub address: NonZeroU32,
}

impl Default for Limits {
    fn default() -> Limits {
        let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Limits { token: number(600), address: number(1200) }
    }
}

/// Counts requests.
pub struct Limiter {
    tokens: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    swept: Mutex<Instant>,
}

impl Limiter {
    /// With these limits.
    pub fn new(limits: Limits) -> Limiter {
        Limiter {
            tokens: RateLimiter::keyed(Quota::per_minute(limits.token)),
            addresses: RateLimiter::keyed(Quota::per_minute(limits.address)),
            clock: DefaultClock::default(),
            swept: Mutex::new(Instant::now()),
        }
    }

    /// Counts a request from an address; the seconds to wait where it is one too many.
    pub fn address(&self, address: IpAddr) -> Result<(), u64> {
        self.sweep();
        let full = self.addresses.len() >= MOST_KEYS;
        let key = if full { IpAddr::V4(Ipv4Addr::UNSPECIFIED) } else { network(address) };
        self.addresses.check_key(&key).map_err(|until| seconds(until.wait_time_from(self.clock.now())))
    }

    /// Counts a request with a token, by its name.
    pub fn token(&self, id: &str) -> Result<(), u64> {
        self.tokens.check_key(&id.to_owned()).map_err(|until| seconds(until.wait_time_from(self.clock.now())))
    }

    /// Forgets who has not asked for so long that it makes no difference.
    fn sweep(&self) {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if swept.elapsed() < SWEEP && self.addresses.len() < MOST_KEYS || swept.elapsed() < Duration::from_secs(1) {
            return;
        }
        *swept = Instant::now();
        drop(swept);
        self.addresses.retain_recent();
        self.tokens.retain_recent();
        self.addresses.shrink_to_fit();
        self.tokens.shrink_to_fit();
    }
}

/// Of IPv6 one customer has a whole network of addresses.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(own) => {
            let [a, b, c, d, ..] = own.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        own => own,
    }
}

fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(token: u32, address: u32) -> Limiter {
        let number = |number| NonZeroU32::new(number).expect("not 0");
        Limiter::new(Limits { token: number(token), address: number(address) })
    }

    #[test]
    fn one_too_many_is_told_when_to_come_again() {
        let limiter = limiter(2, 3);
        assert_eq!([limiter.token("a"), limiter.token("a")], [Ok(()), Ok(())]);
        assert!(matches!(limiter.token("a"), Err(1..=30)), "half a minute for each of two");
        assert_eq!(limiter.token("b"), Ok(()), "another's allowance is its own");
        let address = |text: &str| limiter.address(text.parse().expect("an address"));
        for text in ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:3::3"] {
            assert_eq!(address(text), Ok(()), "{text}");
        }
        assert!(address("2001:db8:1:2::4").is_err(), "one network is one asker");
        assert_eq!((address("2001:db8:1:3::1"), address("203.0.113.7")), (Ok(()), Ok(())));
    }

    #[test]
    fn memory_is_bounded() {
        let limiter = limiter(600, 600);
        for at in 0..(MOST_KEYS as u32 + 5_000) {
            limiter.address(IpAddr::V4(Ipv4Addr::from_bits(at + 1))).ok();
        }
        assert!(limiter.addresses.len() <= MOST_KEYS + 1, "{}", limiter.addresses.len());
    }
}
