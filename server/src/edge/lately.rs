//! What is remembered about many strangers for a while, however many there are.

use std::{collections::HashMap, hash::Hash};

/// A map that holds no more than so many entries: when it is full, what was not touched for longest is forgotten.
///
/// It keeps two generations. What is touched is in the young one; when that is half of all, it becomes the old one and what was
/// old is gone. So nothing is ever searched, and an entry lives at least until half as many others as there may be came after it.
#[derive(Debug)]
pub struct Lately<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    generation: usize,
}

impl<K: Eq + Hash, V> Lately<K, V> {
    /// Room for `most` entries, at least two.
    pub fn of(most: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            generation: (most / 2).max(1),
        }
    }

    /// What is remembered under this key. To look is not to touch.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// Remembers something under this key in place of what was there.
    pub fn put(&mut self, key: K, value: V) {
        if self.young.len() >= self.generation && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    /// What is remembered under this key, to be changed; what `first` makes where nothing is.
    pub fn touch(&mut self, key: K, first: impl FnOnce() -> V) -> &mut V {
        let held = self.young.remove(&key).or_else(|| self.old.remove(&key));
        if self.young.len() >= self.generation {
            self.old = std::mem::take(&mut self.young);
        }
        let value = held.unwrap_or_else(first);
        self.young.entry(key).or_insert(value)
    }

    /// How many entries there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_no_more_than_it_may_and_what_was_touched_last() {
        let mut lately = Lately::of(100);
        for key in 0..1_000 {
            lately.put(key, key);
            lately.put(-1, key);
            assert!(lately.len() <= 100);
        }
        assert_eq!(lately.get(&-1), Some(&999), "it was touched all the time");
        assert!((951..1_000).all(|key| lately.get(&key) == Some(&key)));
        assert_eq!(lately.get(&899), None);
    }

    #[test]
    fn what_is_touched_is_kept_and_can_be_changed() {
        let mut lately = Lately::of(100);
        for key in 0..1_000 {
            lately.touch(key, || 0);
            *lately.touch(-1, || 0) += 1;
            assert!(lately.len() <= 100);
        }
        assert_eq!(lately.get(&-1), Some(&1_000));
        assert_eq!((lately.get(&999), lately.get(&899)), (Some(&0), None));
    }

    #[test]
    fn what_is_put_again_is_there_once() {
        let mut lately = Lately::of(2);
        for value in 0..5 {
            lately.put("a", value);
            assert_eq!((lately.get(&"a"), lately.len()), (Some(&value), 1));
        }
        lately.put("b", 0);
        lately.put("a", 6);
        assert_eq!((lately.get(&"a"), lately.get(&"b")), (Some(&6), Some(&0)));
    }
}
