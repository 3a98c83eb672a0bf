//! What is published is read back as any tool reads it.

use super::super::tests::package;
use super::*;
use std::path::PathBuf;
use wasm_encoder::{ComponentBuilder, ComponentExportKind, ComponentTypeRef, InstanceType};
use wit_component::{DecodedWasm, decode};

const SAMPLE: &str = "
/// Labels for parcels.
///
/// Lengths are in millimetres.
package depot:labels@0.1.0;
/// Files of the host.
interface files {
    /// Says how many there are. Never fails.
    count: func() -> u32;
}
/// What a label says.
interface layout {
    /// Why there is no label.
    enum fault { /// It has no street.
        no-street }
    /// Draws a label
    /// with its frame.
    ///
    /// Twice the same.
    draw: func() -> result<string, fault>;
}
/// Everything.
world full { import files; export layout; }
";

fn wit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")
}

/// The documentation of `submit` in the package that tools read from these bytes.
fn submit_in(bytes: &[u8]) -> String {
    let DecodedWasm::WitPackage(resolve, id) = decode(bytes).unwrap() else { panic!("a component") };
    let package = Package { resolve, id };
    assert_eq!(package.undocumented(), Vec::<String>::new());
    package.interfaces()["delivery"].functions["submit"].docs.contents.clone().unwrap()
}

/// A component that imports `files` and does nothing.
fn component() -> Vec<u8> {
    let mut component = ComponentBuilder::default();
    let mut files = InstanceType::new();
    let no_parameters: [(&str, wasm_encoder::ComponentValType); 0] = [];
    let number = wasm_encoder::ComponentValType::Primitive(wasm_encoder::PrimitiveValType::U32);
    files.ty().function().params(no_parameters).result(Some(number));
    files.export("count", ComponentTypeRef::Func(0));
    let ty = component.type_instance(None, &files);
    let imported = component.import("depot:labels/files@0.1.0", ComponentTypeRef::Instance(ty));
    component.export("depot:labels/again@0.1.0", ComponentExportKind::Instance, imported, None);
    component.finish()
}

#[test]
fn the_binary_form_carries_the_documentation() {
    let source = Package::read(&wit()).unwrap();
    let submit = source.interfaces()["delivery"].functions["submit"].docs.contents.clone().unwrap();
    assert_eq!(submit_in(&binary(&wit()).unwrap()), submit);
}

#[test]
fn the_text_is_the_package_with_every_word_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let source = Package::read(&wit()).unwrap();
    std::fs::write(folder.path().join("postroom.wit"), text(&wit()).unwrap()).unwrap();
    let written = Package::read(folder.path()).unwrap();
    assert_eq!(written.undocumented(), Vec::<String>::new());
    assert_eq!(source.broken_by(&written), Vec::<String>::new());
    assert_eq!(written.broken_by(&source), Vec::<String>::new());
    let submit = |it: &Package| it.interfaces()["delivery"].functions["submit"].docs.contents.clone();
    assert_eq!(submit(&written), submit(&source));
    let conventions = |it: &Package| it.resolve.packages[it.id].docs.contents.clone();
    assert_eq!(conventions(&written), conventions(&source));
}

#[test]
fn a_component_tells_its_conventions_and_a_sentence_of_each_function() {
    let documented = package(SAMPLE).documented("full", component()).unwrap();
    let DecodedWasm::Component(resolve, world) = decode(&documented).unwrap() else { panic!("a package") };
    let docs = resolve.worlds[world].docs.contents.clone().unwrap();
    for expected in [
        "World `full` of depot:labels@0.1.0.",
        "Everything.\n\nLabels for parcels.\n\nLengths are in millimetres.\n",
        "\nImports:\n\n- `files.count`: Says how many there are.\n",
        "\nExports:\n\n- `layout.draw`: Draws a label with its frame.\n",
    ] {
        assert!(docs.contains(expected), "{expected}\n---\n{docs}");
    }
    assert!(package(SAMPLE).documented("pure", component()).is_err(), "there is no such world");
    for world in ["plugin", "core"] {
        let documented = with_documentation(&wit(), world, component()).unwrap();
        let DecodedWasm::Component(resolve, id) = decode(&documented).unwrap() else { panic!("a package") };
        let docs = resolve.worlds[id].docs.contents.clone().unwrap();
        assert!(docs.contains("- `composing.compose`: "), "{docs}");
        assert_eq!(docs.contains("- `delivery.submit`: "), world == "plugin", "{docs}");
    }
}

/// Why a component has no more than that. Once tools read it, this test fails and the whole can stand there.
#[test]
fn tools_refuse_a_component_whose_documentation_names_an_interface() {
    let sample = package(SAMPLE);
    let mut whole = component();
    let data = PackageMetadata::extract(&sample.resolve, sample.id).encode().unwrap();
    CustomSection { name: PackageMetadata::SECTION_NAME.into(), data: data.into() }
        .append_to_component(&mut whole);
    assert!(decode(&component()).is_ok());
    assert!(decode(&whole).is_err());
}
