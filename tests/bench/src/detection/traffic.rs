//! Failures of invented series by the minute, of the shapes that documentation and incidents show.

use crate::random::Random;

/// Minutes in a day.
pub const DAY: u32 = 24 * 60;

/// How many failures a minute of a series has.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The mean, failures a minute.
    pub mean: f64,
    /// The ratio of variance to mean; 1 is Poisson.
    pub dispersion: f64,
    /// How many times the mean the busiest hour of the day has more than the quietest.
    pub daily: f64,
    /// How many times the mean grows over a week.
    pub growth: f64,
    /// Bursts a day: up to a dozen failures within a minute, as a retrying client makes them.
    pub bursts: f64,
    /// Failures a minute of a job that fails for ten minutes at three every night.
    pub nightly: f64,
}

impl Shape {
    /// A steady series.
    pub const fn steady(mean: f64, dispersion: f64) -> Self {
        Self { mean, dispersion, daily: 1.0, growth: 1.0, bursts: 0.0, nightly: 0.0 }
    }

    /// The mean in a minute.
    fn at(&self, minute: u32) -> f64 {
        let day = f64::from(minute) / f64::from(DAY);
        let wave = (1.0 - (std::f64::consts::TAU * day).cos()) / 2.0;
        // Between the quietest and the busiest hour the mean moves by ratio, as traffic does.
        let daily = self.daily.powf(wave - 0.5);
        self.mean * daily * self.growth.powf(day / 7.0)
    }

    /// Failures by the minute.
    pub fn counts(&self, minutes: u32, random: &mut Random) -> Vec<u32> {
        (0..minutes)
            .map(|minute| {
                let mut count = dispersed(self.at(minute), self.dispersion, random);
                if self.bursts > 0.0 && unit(random) < self.bursts / f64::from(DAY) {
                    count += 3 + u32::try_from(random.below(10)).unwrap_or(0);
                }
                if self.nightly > 0.0 && (180..190).contains(&(minute % DAY)) {
                    count += dispersed(self.nightly, self.dispersion, random);
                }
                count
            })
            .collect()
    }
}

/// A number from 0 up to, not including, 1.
pub fn unit(random: &mut Random) -> f64 {
    (random.bits() >> 11) as f64 / (1_u64 << 53) as f64
}

/// A Poisson number.
pub fn poisson(mean: f64, random: &mut Random) -> u32 {
    // In parts, so that no power of e becomes 0.
    let mut left = mean;
    let mut count = 0;
    while left > 0.0 {
        let part = left.min(50.0);
        left -= part;
        let limit = (-part).exp();
        let mut product = unit(random);
        while product > limit {
            count += 1;
            product *= unit(random);
        }
    }
    count
}

/// A negative binomial number with this mean and ratio of variance to mean: groups that come at
/// random, of sizes that follow the logarithmic distribution.
pub fn dispersed(mean: f64, dispersion: f64, random: &mut Random) -> u32 {
    if dispersion <= 1.0 {
        return poisson(mean, random);
    }
    let groups = poisson(mean / (dispersion - 1.0) * dispersion.ln(), random);
    let share = 1.0 - 1.0 / dispersion;
    (0..groups)
        .map(|_| {
            let (mut size, mut part) = (1, -share / (1.0 - share).ln());
            let mut left = unit(random);
            while left > part && size < 1000 {
                left -= part;
                part *= share * f64::from(size) / f64::from(size + 1);
                size += 1;
            }
            size
        })
        .sum()
}
