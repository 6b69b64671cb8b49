//! Names, labels and annotations of objects, and the selectors that find pods.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::Built;
use crate::k8s;
use crate::k8s::NameForm;
use crate::plan::{Map, Place, Plan, Program, Val};
use crate::source::{Origin, Rule};

const NAME: &str = "app.kubernetes.io/name";
const INSTANCE: &str = "app.kubernetes.io/instance";
const PART_OF: &str = "app.kubernetes.io/part-of";
const VERSION: &str = "app.kubernetes.io/version";
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// Whose object it is: what the metadata of an object is made of.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'p> {
    /// The stack.
    pub plan: &'p Plan,
    /// The component's name in the stack; `None` of what belongs to the stack as a whole.
    pub component: Option<&'p str>,
    /// Labels that the component has of its own.
    pub labels: &'p Map,
    /// Annotations that its objects have of their own.
    pub annotations: &'p Map,
    /// Where it is declared.
    pub at: Origin,
}

static NONE: Map = Map::new();

impl<'p> Owner<'p> {
    /// The stack as a whole.
    #[must_use]
    pub fn stack(plan: &'p Plan) -> Self {
        Self { plan, component: None, labels: &NONE, annotations: &NONE, at: plan.at }
    }

    /// A program. Its annotations are its pods', not its objects'.
    #[must_use]
    pub fn program(plan: &'p Plan, program: &'p Program) -> Self {
        let Program { component, labels, at, .. } = program;
        Self { plan, component: Some(component), labels, annotations: &NONE, at: *at }
    }

    /// The metadata of an object of that name in the stack's namespace.
    #[must_use]
    pub fn metadata(self, name: &Val<String>) -> Built<ObjectMeta> {
        self.metadata_with(name, &NONE, &NONE)
    }

    /// The metadata of an object that has labels and annotations besides those of its owner.
    #[must_use]
    pub fn metadata_with(
        self,
        name: &Val<String>,
        labels: &Map,
        annotations: &Map,
    ) -> Built<ObjectMeta> {
        k8s!(self.at; ObjectMeta {
            name,
            namespace: self.namespace(),
            labels: over(self.labels(), labels),
            annotations: over(self.annotations(), annotations),
        })
    }

    /// The metadata of an object that lives in no namespace.
    #[must_use]
    pub fn cluster_metadata(self, name: &Val<String>) -> Built<ObjectMeta> {
        self.cluster_metadata_with(name, &NONE)
    }

    /// The metadata of an object that lives in no namespace and has labels besides those of
    /// its owner.
    #[must_use]
    pub fn cluster_metadata_with(self, name: &Val<String>, labels: &Map) -> Built<ObjectMeta> {
        k8s!(self.at; ObjectMeta {
            name, labels: over(self.labels(), labels), annotations: self.annotations(),
        })
    }

    /// The stack's namespace, as the namespace of an object.
    #[must_use]
    pub fn namespace(self) -> Val<String> {
        let Val { v, at } = &self.plan.namespace;
        Val::new(v.clone(), at.derive(Rule::StackNamespace))
    }

    /// The labels of its objects: the recommended ones, then the place's, the stack's and its
    /// own, the later over the earlier.
    #[must_use]
    pub fn labels(self) -> Map {
        let Self { plan, component, at, .. } = self;
        let recommended = [
            (NAME, component.unwrap_or(&plan.stack), at),
            (INSTANCE, &plan.name, plan.at),
            (PART_OF, &plan.stack, plan.at),
        ];
        let mut labels = managed(at);
        for (key, value, at) in recommended {
            let value = Val::new(value.to_owned(), at.derive(Rule::RecommendedLabels));
            labels.insert(key.to_owned(), value);
        }
        [&plan.place.labels, &plan.labels, self.labels].into_iter().fold(labels, over)
    }

    /// The annotations of its objects: the place's, the stack's and its own, the later over the
    /// earlier.
    #[must_use]
    pub fn annotations(self) -> Map {
        let Self { plan, .. } = self;
        [&plan.annotations, self.annotations].into_iter().fold(plan.place.annotations.clone(), over)
    }
}

/// The metadata of an object that the environment itself declares, outside of any namespace.
#[must_use]
pub fn of_place(place: &Place, name: &Val<String>, at: Origin) -> Built<ObjectMeta> {
    of_place_with(place, name, None, &NONE, at)
}

/// The metadata of an object that belongs to no single stack.
#[must_use]
pub fn of_place_with(
    place: &Place,
    name: &Val<String>,
    namespace: Option<&Val<String>>,
    labels: &Map,
    at: Origin,
) -> Built<ObjectMeta> {
    k8s!(at; ObjectMeta {
        name,
        namespace: namespace.cloned(),
        labels: over(over(managed(at), &place.labels), labels),
        annotations: &place.annotations,
    })
}

/// The labels by which objects find a program's pods: the stack's own choice, or the two
/// recommended ones that never change.
#[must_use]
pub fn selector(plan: &Plan, program: &Program) -> Map {
    if program.selector.is_empty() {
        stable_labels(plan, &program.component, program.at)
    } else {
        program.selector.clone()
    }
}

/// The two recommended labels that never change, by which a component's pods are found.
#[must_use]
pub fn stable_labels(plan: &Plan, component: &str, at: Origin) -> Map {
    let stable =
        |value: &str, at: Origin| Val::new(value.to_owned(), at.derive(Rule::StableSelector));
    Map::from([
        (NAME.to_owned(), stable(component, at)),
        (INSTANCE.to_owned(), stable(&plan.name, plan.at)),
    ])
}

/// [`selector`] in the shape that most kinds take.
#[must_use]
pub fn label_selector(plan: &Plan, program: &Program) -> Built<LabelSelector> {
    k8s!(program.at; LabelSelector { match_labels: selector(plan, program) })
}

/// The metadata of a program's workload: that of any of its objects, and the version.
#[must_use]
pub fn of_workload(plan: &Plan, program: &Program) -> Built<ObjectMeta> {
    Owner::program(plan, program).metadata_with(&program.name, &version(program), &NONE)
}

/// The metadata of a program's pods: the labels of its objects, the version and the labels
/// that selectors ask for; the program's annotations alone, since a change of the place's or
/// the stack's must not restart pods.
#[must_use]
pub fn of_pods(plan: &Plan, program: &Program) -> Built<ObjectMeta> {
    let owner = Owner::program(plan, program);
    let labels = over(over(owner.labels(), &version(program)), &selector(plan, program));
    k8s!(program.at; ObjectMeta { labels, annotations: &program.annotations })
}

/// The version label of a program, where its image has a tag that a label can hold.
fn version(program: &Program) -> Map {
    let Val { v: image, at } = &program.container.image;
    let version = tag(image)
        .filter(|tag| NameForm::LabelValue.check(tag).is_ok())
        .map(|tag| Val::new(tag.to_owned(), at.derive(Rule::RecommendedLabels)));
    version.into_iter().map(|version| (VERSION.to_owned(), version)).collect()
}

/// The tag of an image reference.
pub(super) fn tag(image: &str) -> Option<&str> {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    // A colon before the last slash is that of the registry's port.
    let last = name.rsplit_once('/').map_or(name, |(_, last)| last);
    last.split_once(':').map(|(_, tag)| tag)
}

fn managed(at: Origin) -> Map {
    let gen_itself = Val::new("gen".to_owned(), at.derive(Rule::RecommendedLabels));
    Map::from([(MANAGED_BY.to_owned(), gen_itself)])
}

fn over(mut low: Map, high: &Map) -> Map {
    low.extend(high.iter().map(|(key, value)| (key.clone(), value.clone())));
    low
}

#[cfg(test)]
mod tests {
    use super::super::testing::{map, plan, service, text};
    use super::*;
    use crate::source::listing::lines;

    #[test]
    fn an_object_has_the_recommended_labels_and_those_of_place_stack_and_component() {
        let mut plan = plan();
        plan.labels = map([("team", "shop", 21), ("tier", "all", 22)]);
        plan.annotations = map([("owner", "shop@example.com", 23)]);
        let mut web = service("web", 30);
        web.labels = map([("tier", "front", 31)]);
        web.annotations = map([("pods-only", "yes", 32)]);
        let built = Owner::program(&plan, &web).metadata(&text("web-config", 33));
        assert_eq!(
            lines(built.tree().root()),
            [
                ": map @30",
                "name: web-config @33",
                "namespace: shop @stack-namespace:11",
                "labels: map @30",
                "labels.app.kubernetes.io/instance: shop-acme @recommended-labels:10",
                "labels.app.kubernetes.io/managed-by: gen @recommended-labels:30",
                "labels.app.kubernetes.io/name: web @recommended-labels:30",
                "labels.app.kubernetes.io/part-of: shop @recommended-labels:10",
                "labels.team: shop @21",
                "labels.tier: front @31",
                "annotations: map @30",
                "annotations.owner: shop@example.com @23",
            ]
        );
    }

    #[test]
    fn pods_have_the_version_and_the_labels_of_an_adopted_selector() {
        let plan = plan();
        let mut web = service("web", 30);
        web.selector = map([("app", "legacy", 31)]);
        web.annotations = map([("note", "x", 32)]);
        let built = of_pods(&plan, &web);
        assert_eq!(
            lines(built.tree().root()),
            [
                ": map @30",
                "labels: map @30",
                "labels.app: legacy @31",
                "labels.app.kubernetes.io/instance: shop-acme @recommended-labels:10",
                "labels.app.kubernetes.io/managed-by: gen @recommended-labels:30",
                "labels.app.kubernetes.io/name: web @recommended-labels:30",
                "labels.app.kubernetes.io/part-of: shop @recommended-labels:10",
                "labels.app.kubernetes.io/version: 1.4.0 @recommended-labels:32",
                "annotations: map @30",
                "annotations.note: x @32",
            ]
        );
    }

    #[test]
    fn a_selector_holds_only_what_never_changes() {
        let plan = plan();
        let built = label_selector(&plan, &service("web", 30));
        assert_eq!(
            lines(built.tree().root()),
            [
                ": map @30",
                "matchLabels: map @30",
                "matchLabels.app.kubernetes.io/instance: shop-acme @stable-selector:10",
                "matchLabels.app.kubernetes.io/name: web @stable-selector:30",
            ]
        );
    }

    #[test]
    fn tags_are_found_beside_ports_and_digests() {
        for (image, expected) in [
            ("nginx", None),
            ("nginx:1.29", Some("1.29")),
            ("r.example.com:5000/a/nginx", None),
            ("r.example.com:5000/a/nginx:1.29@sha256:00", Some("1.29")),
            ("nginx@sha256:00", None),
        ] {
            assert_eq!(tag(image), expected, "{image}");
        }
    }
}
