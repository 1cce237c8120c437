//! Values that many rows have in common: one of each in memory.

use std::hash::Hash;
use std::sync::Arc;

use hashbrown::HashSet;

/// One of each value.
#[derive(Clone, Debug)]
pub struct Pool<T>(HashSet<Arc<T>>);

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(HashSet::new())
    }
}

impl<T: Copy + Eq + Hash> Pool<T> {
    /// The one that equals this value.
    pub fn share(&mut self, value: &T) -> Arc<T> {
        if let Some(one) = self.0.get(value) {
            return Arc::clone(one);
        }
        let one = Arc::new(*value);
        self.0.insert(Arc::clone(&one));
        one
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_one() {
        let mut pool = Pool::default();
        let [one, same, other] = [7, 7, 8].map(|value| pool.share(&value));
        assert!(Arc::ptr_eq(&one, &same));
        assert_eq!((*one, *other), (7, 8));
    }
}
