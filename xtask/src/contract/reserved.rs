//! How four languages write the names of the contract, and which words they keep for themselves.
//!
//! The forms are those of the generators (wit-bindgen, jco, componentize-py); a generator that meets a reserved word
//! writes `from_`, `_class` or `@event`, each its own way. Only words that are always reserved count: `field` in C#,
//! `match` in Python, `record` in Java and `type` in TypeScript may be names.

/// What a name is given to.
#[derive(Clone, Copy)]
pub(super) enum Role {
    Interface,
    Type,
    Field,
    Parameter,
    Function,
    EnumCase,
    VariantCase,
    Flag,
}

#[derive(Clone, Copy)]
enum Form {
    Snake,
    LowerCamel,
    UpperCamel,
    UpperSnake,
    /// The language has no name of its own for it: a string, or a name that begins with the type's.
    None,
}

struct Language {
    name: &'static str,
    form: fn(Role) -> Form,
    /// Separated by spaces.
    words: &'static str,
}

/// The languages that reserve `name`, which is written in kebab case, in the form that it takes there.
pub(super) fn reserving(name: &str, role: Role) -> Vec<&'static str> {
    let reserves = |language: &&Language| {
        written(name, (language.form)(role))
            .is_some_and(|word| language.words.split_whitespace().any(|it| it == word))
    };
    LANGUAGES.iter().filter(reserves).map(|language| language.name).collect()
}

fn written(name: &str, form: Form) -> Option<String> {
    let words = || name.split('-').map(str::to_lowercase);
    let capital = |word: String| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    match form {
        Form::Snake => Some(words().collect::<Vec<_>>().join("_")),
        Form::UpperSnake => Some(words().map(|word| word.to_uppercase()).collect::<Vec<_>>().join("_")),
        Form::UpperCamel => Some(words().map(capital).collect()),
        Form::LowerCamel => Some(words().take(1).chain(words().skip(1).map(capital)).collect()),
        Form::None => None,
    }
}

const LANGUAGES: &[Language] = &[
    Language {
        name: "Python",
        form: |role| match role {
            Role::Interface | Role::Field | Role::Parameter | Role::Function => Form::Snake,
            Role::Type => Form::UpperCamel,
            Role::EnumCase | Role::Flag => Form::UpperSnake,
            Role::VariantCase => Form::None,
        },
        words: "False None True and as assert async await break class continue def del elif else except \
            finally for from global if import in is lambda nonlocal not or pass raise return try \
            while with yield",
    },
    Language {
        name: "JavaScript",
        form: |role| match role {
            Role::Interface | Role::Field | Role::Parameter | Role::Function | Role::Flag => Form::LowerCamel,
            Role::Type => Form::UpperCamel,
            Role::EnumCase | Role::VariantCase => Form::None,
        },
        // With those of modules, which are strict.
        words: "arguments await break case catch class const continue debugger default delete do else \
            enum eval export extends false finally for function if implements import in instanceof \
            interface let new null package private protected public return static super switch this \
            throw true try typeof var void while with yield",
    },
    Language {
        name: "Java",
        form: |role| match role {
            Role::Field | Role::Parameter | Role::Function => Form::LowerCamel,
            Role::Interface | Role::Type => Form::UpperCamel,
            Role::EnumCase | Role::VariantCase | Role::Flag => Form::UpperSnake,
        },
        words: "abstract assert boolean break byte case catch char class const continue default do \
            double else enum extends false final finally float for goto if implements import \
            instanceof int interface long native new null package private protected public return \
            short static strictfp super switch synchronized this throw throws transient true try \
            void volatile while",
    },
    Language {
        name: "C#",
        form: |role| match role {
            Role::Field | Role::Parameter => Form::LowerCamel,
            Role::Interface | Role::Type | Role::Function | Role::VariantCase => Form::UpperCamel,
            Role::EnumCase | Role::Flag => Form::UpperSnake,
        },
        words: "abstract as base bool break byte case catch char checked class const continue decimal \
            default delegate do double else enum event explicit extern false finally fixed float for \
            foreach goto if implicit in int interface internal is lock long namespace new null \
            object operator out override params private protected public readonly ref return sbyte \
            sealed short sizeof stackalloc static string struct switch this throw true try typeof \
            uint ulong unchecked unsafe ushort using virtual void volatile while",
    },
];
