//! What templates look like: each one composed with the sample race.

use std::collections::HashMap;

use gantry_core::{
    board,
    compose::{
        Composer,
        sample::{self, SHOWN_AT},
    },
    scene::{
        Scene,
        sample::{DisplayList, sample},
    },
    template::Template,
};

use crate::{
    api::{request::Request, types::Mode},
    app::{
        dialog::Dialog,
        event::Effect,
        form::{Form, Name},
        model::Model,
        submit,
    },
};

/// The pictures of templates, by template and mode. One that is on its way is there without a picture.
#[derive(Clone, Debug, Default)]
pub struct Examples(HashMap<(String, Mode), Option<Scene>>);

impl Examples {
    /// The picture of a template in a mode, when it has come.
    pub fn picture(&self, template_id: &str, mode: Mode) -> Option<DisplayList> {
        let scene = self.0.get(&(template_id.to_owned(), mode))?.as_ref()?;
        Some(sample(scene, SHOWN_AT))
    }

    /// Holds a picture that came.
    pub fn hold(&mut self, template_id: String, mode: Mode, scene: Scene) {
        self.0.insert((template_id, mode), Some(scene));
    }
}

/// Composes a template with the sample race.
pub fn compose(template: Template, mode: Mode) -> Scene {
    let mode = match mode {
        Mode::PreRace => board::settings::Mode::PreRace,
        Mode::Results => board::settings::Mode::Results,
    };
    Composer::new(template).compose(&sample::board(mode)).scene
}

/// The template and mode that a form has chosen.
pub fn chosen(form: &Form) -> Option<(&str, Mode)> {
    let template = form
        .chosen(Name::Template)
        .filter(|choice| !choice.id.is_empty())?;
    Some((&template.id, submit::mode(form)))
}

/// Asks for the template that is chosen, the first time that it is.
pub fn ask(model: &mut Model) -> Option<Effect> {
    let Some(Dialog::Form(form)) = &model.dialog else {
        return None;
    };
    let (id, mode) = chosen(form)?;
    let key = (id.to_owned(), mode);
    if model.examples.0.contains_key(&key) {
        return None;
    }
    model.examples.0.insert(key.clone(), None);
    Some(Effect::Ask(Request::Template { id: key.0, mode }))
}
