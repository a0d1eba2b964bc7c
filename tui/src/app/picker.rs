//! A list of which one item is chosen.

use crate::api::types::Identified;

/// A list and the place of its chosen item.
///
/// The choice stays with the item when a newer list arrives, wherever the item has moved to.
#[derive(Clone, Debug)]
pub struct Picker<T> {
    items: Vec<T>,
    index: usize,
    loaded: bool,
    goes_on: bool,
}

impl<T> Default for Picker<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            index: 0,
            loaded: false,
            goes_on: false,
        }
    }
}

impl<T: Identified> Picker<T> {
    /// The items, in the server's order.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// The chosen item's place; 0 in an empty list.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Whether a list ever came.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// The chosen item, unless the list is empty.
    pub fn chosen(&self) -> Option<&T> {
        self.items.get(self.index)
    }

    /// The chosen item's id.
    pub fn chosen_id(&self) -> Option<&str> {
        self.chosen().map(Identified::id)
    }

    /// The item with this id.
    pub fn find(&self, id: &str) -> Option<&T> {
        self.items.iter().find(|item| item.id() == id)
    }

    /// Takes a newer list.
    pub fn replace(&mut self, items: Vec<T>) {
        let kept = self
            .chosen_id()
            .and_then(|id| items.iter().position(|item| item.id() == id));
        self.items = items;
        self.loaded = true;
        self.choose(kept.unwrap_or(self.index));
    }

    /// Takes the newest items of a list, and whether the server has older ones.
    pub fn replace_newest(&mut self, items: Vec<T>, goes_on: bool) {
        self.replace(items);
        self.goes_on = goes_on;
    }

    /// `count`, with a word on it where the list goes on: only the newest items of a very long one are held.
    pub fn extent(&self, count: String) -> String {
        if self.goes_on {
            format!("the newest {count}")
        } else {
            count
        }
    }

    /// Takes a newer state of an item that is there.
    pub fn update(&mut self, item: T) {
        if let Some(held) = self.items.iter_mut().find(|held| held.id() == item.id()) {
            *held = item;
        }
    }

    /// Chooses the item at `index`, or the last one.
    pub fn choose(&mut self, index: usize) {
        self.index = index.min(self.items.len().saturating_sub(1));
    }

    /// Chooses the item with this id, if it is there.
    pub fn choose_id(&mut self, id: &str) {
        if let Some(index) = self.items.iter().position(|item| item.id() == id) {
            self.index = index;
        }
    }

    /// Chooses the item `by` places further down (up when negative), and stops at the ends.
    pub fn step(&mut self, by: isize) {
        self.choose(self.index.saturating_add_signed(by));
    }

    /// Puts a new item in front and chooses it, or changes the one that has its id.
    pub fn put(&mut self, item: T) {
        let held = self.items.iter().position(|held| held.id() == item.id());
        self.index = held.unwrap_or(0);
        if held.is_some() {
            self.items[self.index] = item;
        } else {
            self.items.insert(0, item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::types::Partner;

    fn partners(ids: &str) -> Vec<Partner> {
        ids.chars()
            .map(|id| Partner {
                id: id.to_string(),
                name: String::new(),
                role: String::new(),
            })
            .collect()
    }

    #[test]
    fn the_choice_stays_with_its_item() {
        let mut picker = Picker::default();
        picker.replace(partners("abc"));
        picker.step(1);
        assert_eq!(picker.chosen_id(), Some("b"));
        picker.replace(partners("xyabc"));
        assert_eq!(picker.chosen_id(), Some("b"));
        picker.replace(partners("xyc"));
        assert_eq!(
            picker.chosen_id(),
            Some("c"),
            "the last one when its item is gone"
        );
        picker.replace(Vec::new());
        assert_eq!(picker.chosen_id(), None);
    }

    #[test]
    fn steps_stop_at_the_ends() {
        let mut picker = Picker::default();
        picker.step(1);
        picker.replace(partners("abc"));
        picker.step(-5);
        assert_eq!(picker.index(), 0);
        picker.step(isize::MAX);
        assert_eq!(picker.index(), 2);
    }
}
