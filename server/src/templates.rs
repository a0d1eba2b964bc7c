//! The templates that displays can have.

use std::sync::Arc;

use gantry_core::template::{Template, TemplateError, shipped};

/// Every template, checked once when the server starts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Templates(Arc<[Arc<Template>]>);

impl Templates {
    /// Those that are part of the program.
    pub fn shipped() -> Result<Self, TemplateError> {
        Ok(Self(shipped::all()?.into_iter().map(Arc::new).collect()))
    }

    /// All of them, in the order in which they are offered.
    pub fn all(&self) -> &[Arc<Template>] {
        &self.0
    }

    /// The template of this id.
    pub fn find(&self, id: &str) -> Option<Arc<Template>> {
        self.0.iter().find(|template| template.id == id).cloned()
    }
}
