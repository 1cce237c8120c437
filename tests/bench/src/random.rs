//! Numbers that look random and follow from a seed (SplitMix64).

/// A source of numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of one seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `end`, which must not be 0.
    pub fn below(&mut self, end: usize) -> usize {
        let wide = u128::from(self.bits()) * end as u128;
        usize::try_from(wide >> 64).unwrap_or_default()
    }

    /// A number below `end`, small ones more often: the first tenth has half of them.
    pub fn popular(&mut self, end: usize) -> usize {
        let most = if self.bits() & 1 == 0 { end.div_ceil(10) } else { end };
        self.below(most)
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Appends characters of an alphabet of 32 or 64.
    pub fn text(&mut self, out: &mut Vec<u8>, alphabet: &[u8], length: usize) {
        let width = alphabet.len().trailing_zeros();
        let per_draw = 64 / width as usize;
        let mut left = length;
        while left > 0 {
            let mut bits = self.bits();
            for _ in 0..left.min(per_draw) {
                out.push(alphabet[bits as usize & (alphabet.len() - 1)]);
                bits >>= width;
            }
            left -= left.min(per_draw);
        }
    }
}

/// One number made of another, always the same.
pub fn mix(number: u64) -> u64 {
    let z = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
