//! What the screen says, in six languages.

use super::view::Prompt;
use crate::check::{Action, Guidance};
use crate::session::Status;

/// A language of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    German,
    Spanish,
    French,
    Italian,
    Portuguese,
}

/// A language's sentences.
struct Words {
    code: &'static str,
    /// In the order of [`Guidance::ALL`].
    guidance: [&'static str; Guidance::ALL.len()],
    /// In the order of [`Action::ALL`].
    actions: [&'static str; Action::ALL.len()],
    good: &'static str,
    light: &'static str,
    approved: &'static str,
    in_review: &'static str,
    declined: &'static str,
    ended: &'static str,
}

impl Language {
    pub const ALL: [Self; 6] =
        [Self::English, Self::German, Self::Spanish, Self::French, Self::Italian, Self::Portuguese];

    /// Of a tag such as `de`, `pt-BR` or `fr_CA.UTF-8`; `None` when it is not spoken here.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let code = tag.split(['-', '_', '.', '@']).next()?;
        Self::ALL.into_iter().find(|language| language.words().code.eq_ignore_ascii_case(code))
    }

    /// ISO 639-1.
    pub fn code(self) -> &'static str {
        self.words().code
    }

    /// The sentence for the person before the screen.
    pub fn text(self, prompt: Prompt) -> &'static str {
        let words = self.words();
        match prompt {
            Prompt::Coach(guidance) => words.guidance[guidance as usize],
            Prompt::Act(action) => words.actions[action as usize],
            Prompt::Good => words.good,
            Prompt::Light => words.light,
            Prompt::Verdict(Status::Approved) => words.approved,
            Prompt::Verdict(Status::InReview) => words.in_review,
            Prompt::Verdict(Status::Declined) => words.declined,
            Prompt::Verdict(_) => words.ended,
        }
    }

    const fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
            Self::Spanish => &SPANISH,
            Self::French => &FRENCH,
            Self::Italian => &ITALIAN,
            Self::Portuguese => &PORTUGUESE,
        }
    }
}

const ENGLISH: Words = Words {
    code: "en",
    guidance: [
        "Hold this position",
        "Place your face in the oval",
        "Only one person, please",
        "Move closer",
        "Move back a little",
        "Move your face to the middle",
        "Look straight at the camera",
        "Hold still",
        "Open your eyes",
        "Find more light",
        "Find softer light",
        "Blurred: hold still and wipe the lens",
        "Avoid reflections on face and glasses",
        "Uncover your face",
    ],
    actions: [
        "Blink",
        "Nod",
        "Turn your head to your left and back",
        "Turn your head to your right and back",
        "Look up and back",
        "Smile, then relax",
        "Open your mouth, then close it",
        "Raise your eyebrows, then relax",
    ],
    good: "Well done",
    light: "Hold still while the screen lights up",
    approved: "Approved",
    in_review: "In review",
    declined: "Declined",
    ended: "Ended",
};

const GERMAN: Words = Words {
    code: "de",
    guidance: [
        "Bleiben Sie so",
        "Bringen Sie Ihr Gesicht ins Oval",
        "Bitte nur eine Person",
        "Kommen Sie näher",
        "Gehen Sie etwas zurück",
        "Gesicht bitte in die Mitte",
        "Blicken Sie gerade in die Kamera",
        "Bitte stillhalten",
        "Öffnen Sie die Augen",
        "Sorgen Sie für mehr Licht",
        "Sorgen Sie für weicheres Licht",
        "Unscharf: stillhalten und Linse abwischen",
        "Vermeiden Sie Spiegelungen auf Gesicht und Brille",
        "Bitte nichts vor dem Gesicht",
    ],
    actions: [
        "Blinzeln Sie",
        "Nicken Sie",
        "Drehen Sie den Kopf nach links und zurück",
        "Drehen Sie den Kopf nach rechts und zurück",
        "Blicken Sie nach oben und zurück",
        "Lächeln Sie, dann entspannen",
        "Mund öffnen, dann schließen",
        "Augenbrauen heben, dann entspannen",
    ],
    good: "Sehr gut",
    light: "Stillhalten, während der Bildschirm leuchtet",
    approved: "Bestätigt",
    in_review: "Wird geprüft",
    declined: "Abgelehnt",
    ended: "Beendet",
};

const SPANISH: Words = Words {
    code: "es",
    guidance: [
        "Quédese así",
        "Ponga la cara en el óvalo",
        "Una sola persona, por favor",
        "Acérquese",
        "Aléjese un poco",
        "Lleve la cara al centro",
        "Mire de frente a la cámara",
        "No se mueva",
        "Abra los ojos",
        "Busque más luz",
        "Busque una luz más suave",
        "Borroso: no se mueva y limpie la lente",
        "Evite reflejos en la cara y las gafas",
        "Descubra la cara",
    ],
    actions: [
        "Parpadee",
        "Asienta con la cabeza",
        "Gire la cabeza a su izquierda y vuelva",
        "Gire la cabeza a su derecha y vuelva",
        "Mire hacia arriba y vuelva",
        "Sonría y relájese",
        "Abra la boca y ciérrela",
        "Levante las cejas y relájese",
    ],
    good: "Muy bien",
    light: "No se mueva mientras la pantalla se ilumina",
    approved: "Aprobado",
    in_review: "En revisión",
    declined: "Rechazado",
    ended: "Terminado",
};

const FRENCH: Words = Words {
    code: "fr",
    guidance: [
        "Restez ainsi",
        "Placez votre visage dans l’ovale",
        "Une seule personne, s’il vous plaît",
        "Approchez-vous",
        "Reculez un peu",
        "Placez votre visage au centre",
        "Regardez droit vers la caméra",
        "Ne bougez pas",
        "Ouvrez les yeux",
        "Cherchez plus de lumière",
        "Cherchez une lumière plus douce",
        "Image floue : ne bougez pas, essuyez l’objectif",
        "Évitez les reflets sur le visage et les lunettes",
        "Découvrez votre visage",
    ],
    actions: [
        "Clignez des yeux",
        "Hochez la tête",
        "Tournez la tête vers votre gauche, puis revenez",
        "Tournez la tête vers votre droite, puis revenez",
        "Regardez en haut, puis revenez",
        "Souriez, puis détendez-vous",
        "Ouvrez la bouche, puis fermez-la",
        "Levez les sourcils, puis détendez-vous",
    ],
    good: "Très bien",
    light: "Ne bougez pas pendant que l’écran s’illumine",
    approved: "Approuvé",
    in_review: "En cours d’examen",
    declined: "Refusé",
    ended: "Terminé",
};

const ITALIAN: Words = Words {
    code: "it",
    guidance: [
        "Resti così",
        "Metta il viso nell’ovale",
        "Una sola persona, per favore",
        "Si avvicini",
        "Si allontani un po’",
        "Porti il viso al centro",
        "Guardi dritto nella fotocamera",
        "Resti fermo",
        "Apra gli occhi",
        "Serve più luce",
        "Serve una luce più morbida",
        "Sfocato: resti fermo e pulisca l’obiettivo",
        "Eviti riflessi su viso e occhiali",
        "Scopra il viso",
    ],
    actions: [
        "Sbatta le palpebre",
        "Annuisca",
        "Giri la testa alla Sua sinistra e torni",
        "Giri la testa alla Sua destra e torni",
        "Guardi in alto e torni",
        "Sorrida, poi si rilassi",
        "Apra la bocca, poi la chiuda",
        "Alzi le sopracciglia, poi si rilassi",
    ],
    good: "Molto bene",
    light: "Resti fermo mentre lo schermo si illumina",
    approved: "Approvato",
    in_review: "In verifica",
    declined: "Rifiutato",
    ended: "Terminato",
};

const PORTUGUESE: Words = Words {
    code: "pt",
    guidance: [
        "Fique assim",
        "Coloque o rosto na oval",
        "Só uma pessoa, por favor",
        "Aproxime-se",
        "Afaste-se um pouco",
        "Leve o rosto para o centro",
        "Olhe em frente para a câmara",
        "Não se mexa",
        "Abra os olhos",
        "Procure mais luz",
        "Procure uma luz mais suave",
        "Desfocado: não se mexa e limpe a lente",
        "Evite reflexos no rosto e nos óculos",
        "Descubra o rosto",
    ],
    actions: [
        "Pisque os olhos",
        "Acene que sim com a cabeça",
        "Vire a cabeça para a sua esquerda e volte",
        "Vire a cabeça para a sua direita e volte",
        "Olhe para cima e volte",
        "Sorria e relaxe",
        "Abra a boca e feche-a",
        "Levante as sobrancelhas e relaxe",
    ],
    good: "Muito bem",
    light: "Não se mexa enquanto o ecrã se ilumina",
    approved: "Aprovado",
    in_review: "Em análise",
    declined: "Recusado",
    ended: "Terminado",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_in_the_order_of_the_enums() {
        assert!(Guidance::ALL.into_iter().enumerate().all(|(i, guidance)| guidance as usize == i));
        assert!(Action::ALL.into_iter().enumerate().all(|(i, action)| action as usize == i));
        assert_eq!(Language::English.text(Prompt::Act(Action::LookUp)), Action::LookUp.text());
        assert_eq!(Language::English.text(Prompt::Coach(Guidance::TooDark)), Guidance::TooDark.text());
    }

    #[test]
    fn tags_of_all_kinds_are_understood() {
        for (tag, language) in [
            ("de", Some(Language::German)),
            ("pt-BR", Some(Language::Portuguese)),
            ("fr_CA.UTF-8", Some(Language::French)),
            ("IT@euro", Some(Language::Italian)),
            ("C", None),
            ("", None),
            ("deu", None),
        ] {
            assert_eq!(Language::from_tag(tag), language, "{tag}");
        }
    }
}
