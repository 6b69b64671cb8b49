//! Turns a built value into a tree, each node stamped with its origin.

use std::fmt;

use k8s_openapi::Resource;
use serde::Serialize;
use serde::ser::{self, Impossible, Serializer};

use super::built::{Built, Fields, Inside, Marks};
use crate::k8s::{Object, field_order};
use crate::source::{Kind, Origin, Rule, Tree, TreeBuilder};

impl<T: Serialize> Built<T> {
    /// The value as a tree. Each node has the origin that was set for it, or else its parent's;
    /// a key has the origin of its value. Fields stand in the order of [`field_order`], the
    /// entries of maps in that of their keys.
    ///
    /// # Panics
    ///
    /// When an origin was set for something that the value does not hold, or when the value
    /// holds something that Kubernetes has no form for: both are mistakes in gen.
    #[must_use]
    pub fn tree(&self) -> Tree {
        let mut out = TreeBuilder::default();
        let writer = Writer {
            out: &mut out,
            key: None,
            at: self.at,
            inside: InsideRef::Fields(&self.fields),
        };
        self.value.serialize(writer).unwrap_or_else(|bug| panic!("gen built {bug}"));
        out.finish()
    }
}

impl<T: Serialize + Resource> Built<T> {
    /// The value as an object. That it has this kind and version is a decision of gen's, so
    /// these two have an origin of their own.
    ///
    /// # Panics
    ///
    /// As [`tree`](Self::tree), and when the object has no name.
    #[must_use]
    pub fn object(mut self) -> Object {
        let decided =
            Marks { at: Some(self.at.derive(Rule::ObjectIdentity)), inside: Inside::Nothing };
        self.fields.0.push(("api_version", decided.clone()));
        self.fields.0.push(("kind", decided));
        Object::new(self.tree()).unwrap_or_else(|bug| panic!("gen built a {}: {bug}", T::KIND))
    }
}

/// What cannot be written, and with it the bug.
#[derive(Debug)]
struct Unwritable(String);

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unwritable {}

impl ser::Error for Unwritable {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self(message.to_string())
    }
}

type Written = Result<(), Unwritable>;

/// [`Inside`] borrowed.
#[derive(Clone, Copy)]
enum InsideRef<'m> {
    Nothing,
    Fields(&'m Fields),
    Children(&'m [Marks]),
}

/// Writes one value.
struct Writer<'w> {
    out: &'w mut TreeBuilder,
    /// The key to state once it is sure that a value follows.
    key: Option<&'w str>,
    at: Origin,
    inside: InsideRef<'w>,
}

impl<'w> Writer<'w> {
    fn new(
        out: &'w mut TreeBuilder,
        key: Option<&'w str>,
        parent: Origin,
        marks: Option<&'w Marks>,
    ) -> Self {
        let at = marks.and_then(|marks| marks.at).unwrap_or(parent);
        let inside = match marks.map(|marks| &marks.inside) {
            None | Some(Inside::Nothing) => InsideRef::Nothing,
            Some(Inside::Fields(fields)) => InsideRef::Fields(fields),
            Some(Inside::Children(children)) => InsideRef::Children(children),
        };
        Self { out, key, at, inside }
    }

    fn state_key(&mut self) {
        if let Some(key) = self.key {
            self.out.key(key, self.at);
        }
    }

    fn scalar(mut self, kind: Kind, text: &str) -> Written {
        if !matches!(self.inside, InsideRef::Nothing) {
            return Err(Unwritable(format!("the scalar `{text}` with origins inside it")));
        }
        self.state_key();
        self.out.scalar(kind, text, self.at);
        Ok(())
    }

    fn children(mut self, kind: Kind) -> Result<Children<'w>, Unwritable> {
        let marks = match self.inside {
            InsideRef::Nothing => None,
            InsideRef::Children(marks) => Some(marks.iter()),
            InsideRef::Fields(_) => {
                return Err(Unwritable("a list or map with the origins of a struct".to_owned()));
            }
        };
        self.state_key();
        if kind == Kind::List {
            self.out.list(self.at);
        } else {
            self.out.map(self.at);
        }
        Ok(Children { out: self.out, at: self.at, marks, key: String::new() })
    }
}

macro_rules! integers {
    ($($method:ident: $type:ty),+) => {
        $(fn $method(self, value: $type) -> Written {
            self.scalar(Kind::Int, &value.to_string())
        })+
    };
}

impl<'w> Serializer for Writer<'w> {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = Children<'w>;
    type SerializeTuple = Children<'w>;
    type SerializeTupleStruct = Impossible<(), Unwritable>;
    type SerializeTupleVariant = Impossible<(), Unwritable>;
    type SerializeMap = Children<'w>;
    type SerializeStruct = Struct<'w>;
    type SerializeStructVariant = Impossible<(), Unwritable>;

    fn serialize_bool(self, value: bool) -> Written {
        self.scalar(Kind::Bool, if value { "true" } else { "false" })
    }

    integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64
    }

    fn serialize_f32(self, value: f32) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Written {
        let number = serde_json::Number::from_f64(value)
            .ok_or_else(|| Unwritable(format!("{value}, which is not a number to JSON")))?
            .to_string();
        // Go, and so the API server, writes a whole float without a fraction.
        match number.strip_suffix(".0") {
            Some("-0") => self.scalar(Kind::Int, "0"),
            Some(whole) => self.scalar(Kind::Int, whole),
            None => self.scalar(Kind::Float, &number),
        }
    }

    fn serialize_char(self, value: char) -> Written {
        self.scalar(Kind::Str, value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Written {
        self.scalar(Kind::Str, value)
    }

    fn serialize_bytes(self, _: &[u8]) -> Written {
        Err(Unwritable("bare bytes, where Kubernetes has base64 in a string".to_owned()))
    }

    fn serialize_none(self) -> Written {
        // A field without a value is left out.
        if self.key.is_some() { Ok(()) } else { self.serialize_unit() }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        self.scalar(Kind::Null, "")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Written {
        Err(no_tagged_enums(name))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Children<'w>, Unwritable> {
        self.children(Kind::List)
    }

    fn serialize_tuple(self, _: usize) -> Result<Children<'w>, Unwritable> {
        self.children(Kind::List)
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Unwritable> {
        Err(Unwritable(format!("the tuple struct `{name}`, which Kubernetes has no form for")))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unwritable> {
        Err(no_tagged_enums(name))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Children<'w>, Unwritable> {
        self.children(Kind::Map)
    }

    fn serialize_struct(mut self, name: &'static str, _: usize) -> Result<Struct<'w>, Unwritable> {
        let marks = match self.inside {
            InsideRef::Nothing => &[],
            InsideRef::Fields(fields) => fields.0.as_slice(),
            InsideRef::Children(_) => {
                return Err(Unwritable(format!("a `{name}` with the origins of a list or map")));
            }
        };
        self.state_key();
        self.out.map(self.at);
        Ok(Struct { out: self.out, at: self.at, name, marks, used: 0 })
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unwritable> {
        Err(no_tagged_enums(name))
    }
}

fn no_tagged_enums(name: &str) -> Unwritable {
    Unwritable(format!("the tagged enum `{name}`, which Kubernetes has no form for"))
}

/// Writes the fields of a struct.
struct Struct<'w> {
    out: &'w mut TreeBuilder,
    at: Origin,
    name: &'static str,
    marks: &'w [(&'static str, Marks)],
    used: usize,
}

impl ser::SerializeStruct for Struct<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Written {
        let marks = self.marks.iter().find(|(field, _)| is_same_field(field, key));
        self.used += usize::from(marks.is_some());
        let marks = marks.map(|(_, marks)| marks);
        value.serialize(Writer::new(self.out, Some(key), self.at, marks))
    }

    fn end(self) -> Written {
        if self.used != self.marks.len() {
            let marked: Vec<&str> = self.marks.iter().map(|(field, _)| *field).collect();
            return Err(Unwritable(format!(
                "a `{}` that has only {} of the fields with origins: {}",
                self.name,
                self.used,
                marked.join(", "),
            )));
        }
        self.out.close_sorted(field_order::rank);
        Ok(())
    }
}

/// Whether a field's name in Rust and its name in JSON are the same: k8s-openapi makes the one
/// from the other by underscores and case alone (`type_`, `host_ip` and `hostIP`).
fn is_same_field(rust: &str, json: &str) -> bool {
    let mut json = json.bytes();
    rust.bytes()
        .filter(|&byte| byte != b'_')
        .all(|byte| json.next().is_some_and(|other| byte.eq_ignore_ascii_case(&other)))
        && json.next().is_none()
}

/// Writes the items of a list or the entries of a map.
struct Children<'w> {
    out: &'w mut TreeBuilder,
    at: Origin,
    marks: Option<std::slice::Iter<'w, Marks>>,
    /// The key of the value that comes next.
    key: String,
}

impl Children<'_> {
    fn child<T: Serialize + ?Sized>(&mut self, keyed: bool, value: &T) -> Written {
        let marks = match &mut self.marks {
            None => None,
            Some(marks) => Some(marks.next().ok_or_else(too_many)?),
        };
        let key = keyed.then_some(self.key.as_str());
        value.serialize(Writer::new(self.out, key, self.at, marks))
    }

    fn check_all_used(&self) -> Written {
        if self.marks.as_ref().is_some_and(|marks| marks.len() > 0) {
            Err(too_many())
        } else {
            Ok(())
        }
    }
}

fn too_many() -> Unwritable {
    Unwritable("a list or map with the origins of another".to_owned())
}

impl ser::SerializeSeq for Children<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.child(false, value)
    }

    fn end(self) -> Written {
        self.check_all_used()?;
        self.out.close();
        Ok(())
    }
}

impl ser::SerializeTuple for Children<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.child(false, value)
    }

    fn end(self) -> Written {
        ser::SerializeSeq::end(self)
    }
}

impl ser::SerializeMap for Children<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.key = Displayed(key).to_string();
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.child(true, value)
    }

    fn end(self) -> Written {
        self.check_all_used()?;
        self.out.close_sorted(|_| 0);
        Ok(())
    }
}

/// Shows what serializes as one scalar.
struct Displayed<'v, T: ?Sized>(&'v T);

impl<T: Serialize + ?Sized> fmt::Display for Displayed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use k8s_openapi::ByteString;
    use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec};
    use k8s_openapi::api::core::v1::{
        Capabilities, ConfigMap, Container, ContainerPort, EmptyDirVolumeSource, EnvVar,
        EnvVarSource, HTTPGetAction, PodSecurityContext, PodSpec, PodTemplateSpec, Probe,
        ResourceRequirements, SeccompProfile, Secret, SecretKeySelector, SecurityContext, Volume,
        VolumeMount,
    };
    use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;
    use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
    use proptest::prelude::*;

    use super::super::built::Value;
    use super::*;
    use crate::k8s;
    use crate::plan::Val;
    use crate::source::NodeRef;
    use crate::source::listing::{at, lines};

    /// A Deployment as lowering would write it. The stack's own lines are 1 to 19, what gen
    /// decided by itself counts from 90.
    fn deployment() -> Built<Deployment> {
        let web = at(1);
        let name = Val::new("web", at(2));
        let labels = BTreeMap::from([("app.kubernetes.io/name", Val::new("web", at(90)))]);

        let password = k8s!(at(6); EnvVar {
            name: Val::new("PASSWORD", at(6)),
            value_from: k8s!(at(7); EnvVarSource {
                secret_key_ref: k8s!(at(7); SecretKeySelector {
                    name: Val::new("web", at(8)),
                    key: Val::new("password", at(9)),
                }),
            }),
        });
        let level = k8s!(at(10); EnvVar { name: "LEVEL", value: Val::new("info", at(11)) });
        let probe = || {
            k8s!(at(12); Probe {
                http_get: k8s!(at(12); HTTPGetAction {
                    path: Val::new("/health", at(12)),
                    port: Val::new("http", at(91)),
                }),
                period_seconds: 10,
            })
        };
        let container = k8s!(web; Container {
            name,
            image: Val::new("nginx:1.29", at(3)),
            args: Val::new(vec!["-g", "daemon off;"], at(4)),
            ports: vec![k8s!(at(5); ContainerPort { container_port: 8080_u16, name: "http" })],
            env: vec![password, level],
            resources: k8s!(at(13); ResourceRequirements {
                requests: BTreeMap::from([
                    ("memory", Val::new("64Mi", at(14))),
                    ("cpu", Val::new("50m", at(15))),
                ]),
                limits: BTreeMap::from([("memory", Val::new("128Mi", at(16)))]),
            }),
            volume_mounts: vec![
                k8s!(at(17); VolumeMount { mount_path: Val::new("/tmp", at(18)), name: "tmp" }),
            ],
            readiness_probe: probe(),
            liveness_probe: Some(probe()),
            startup_probe: None::<Built<Probe>>,
            security_context: k8s!(at(92); SecurityContext {
                run_as_non_root: true,
                read_only_root_filesystem: true,
                allow_privilege_escalation: false,
                capabilities: k8s!(at(92); Capabilities { drop: ["ALL"] }),
                seccomp_profile: k8s!(at(92); SeccompProfile { type_: "RuntimeDefault" }),
            }),
        });
        let volume = k8s!(at(17); Volume {
            name: "tmp",
            empty_dir: k8s!(at(17); EmptyDirVolumeSource { size_limit: Val::new("1Gi", at(19)) }),
        });
        let pod = k8s!(web; PodSpec {
            containers: [container],
            init_containers: Vec::<Built<Container>>::new(),
            volumes: vec![volume],
            security_context: k8s!(at(92); PodSecurityContext { fs_group: 1000 }),
            termination_grace_period_seconds: 30,
        });
        k8s!(web; Deployment {
            metadata: k8s!(web; ObjectMeta {
                name,
                namespace: Val::new("shop", at(93)),
                labels: &labels,
            }),
            spec: k8s!(web; DeploymentSpec {
                replicas: Val::new(2, at(20)),
                selector: k8s!(web; LabelSelector { match_labels: &labels }),
                template: k8s!(web; PodTemplateSpec {
                    metadata: k8s!(web; ObjectMeta { labels }),
                    spec: pod,
                }),
            }),
        })
    }

    #[test]
    fn a_deployment_becomes_a_tree_with_an_origin_at_every_node() {
        let object = deployment().object();
        assert_eq!(object.identity().to_string(), "Deployment shop/web");
        let expected = "\
: map @1
apiVersion: apps/v1 @object-identity:1
kind: Deployment @object-identity:1
metadata: map @1
metadata.name: web @2
metadata.namespace: shop @93
metadata.labels: map @1
metadata.labels.app.kubernetes.io/name: web @90
spec: map @1
spec.replicas: 2 @20
spec.selector: map @1
spec.selector.matchLabels: map @1
spec.selector.matchLabels.app.kubernetes.io/name: web @90
spec.template: map @1
spec.template.metadata: map @1
spec.template.metadata.labels: map @1
spec.template.metadata.labels.app.kubernetes.io/name: web @90
spec.template.spec: map @1
spec.template.spec.terminationGracePeriodSeconds: 30 @1
spec.template.spec.securityContext: map @92
spec.template.spec.securityContext.fsGroup: 1000 @92
spec.template.spec.containers: list @1
spec.template.spec.containers[0]: map @1
spec.template.spec.containers[0].name: web @2
spec.template.spec.containers[0].image: nginx:1.29 @3
spec.template.spec.containers[0].args: list @4
spec.template.spec.containers[0].args[0]: -g @4
spec.template.spec.containers[0].args[1]: daemon off; @4
spec.template.spec.containers[0].ports: list @1
spec.template.spec.containers[0].ports[0]: map @5
spec.template.spec.containers[0].ports[0].name: http @5
spec.template.spec.containers[0].ports[0].containerPort: 8080 @5
spec.template.spec.containers[0].env: list @1
spec.template.spec.containers[0].env[0]: map @6
spec.template.spec.containers[0].env[0].name: PASSWORD @6
spec.template.spec.containers[0].env[0].valueFrom: map @7
spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef: map @7
spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef.name: web @8
spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef.key: password @9
spec.template.spec.containers[0].env[1]: map @10
spec.template.spec.containers[0].env[1].name: LEVEL @10
spec.template.spec.containers[0].env[1].value: info @11
spec.template.spec.containers[0].resources: map @13
spec.template.spec.containers[0].resources.requests: map @13
spec.template.spec.containers[0].resources.requests.cpu: 50m @15
spec.template.spec.containers[0].resources.requests.memory: 64Mi @14
spec.template.spec.containers[0].resources.limits: map @13
spec.template.spec.containers[0].resources.limits.memory: 128Mi @16
spec.template.spec.containers[0].volumeMounts: list @1
spec.template.spec.containers[0].volumeMounts[0]: map @17
spec.template.spec.containers[0].volumeMounts[0].name: tmp @17
spec.template.spec.containers[0].volumeMounts[0].mountPath: /tmp @18
spec.template.spec.containers[0].readinessProbe: map @12
spec.template.spec.containers[0].readinessProbe.httpGet: map @12
spec.template.spec.containers[0].readinessProbe.httpGet.path: /health @12
spec.template.spec.containers[0].readinessProbe.httpGet.port: http @91
spec.template.spec.containers[0].readinessProbe.periodSeconds: 10 @12
spec.template.spec.containers[0].livenessProbe: map @12
spec.template.spec.containers[0].livenessProbe.httpGet: map @12
spec.template.spec.containers[0].livenessProbe.httpGet.path: /health @12
spec.template.spec.containers[0].livenessProbe.httpGet.port: http @91
spec.template.spec.containers[0].livenessProbe.periodSeconds: 10 @12
spec.template.spec.containers[0].securityContext: map @92
spec.template.spec.containers[0].securityContext.runAsNonRoot: true @92
spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation: false @92
spec.template.spec.containers[0].securityContext.readOnlyRootFilesystem: true @92
spec.template.spec.containers[0].securityContext.capabilities: map @92
spec.template.spec.containers[0].securityContext.capabilities.drop: list @92
spec.template.spec.containers[0].securityContext.capabilities.drop[0]: ALL @92
spec.template.spec.containers[0].securityContext.seccompProfile: map @92
spec.template.spec.containers[0].securityContext.seccompProfile.type: RuntimeDefault @92
spec.template.spec.volumes: list @1
spec.template.spec.volumes[0]: map @17
spec.template.spec.volumes[0].name: tmp @17
spec.template.spec.volumes[0].emptyDir: map @17
spec.template.spec.volumes[0].emptyDir.sizeLimit: 1Gi @19";
        assert_eq!(lines(object.root()).join("\n"), expected);
    }

    #[test]
    fn the_values_are_those_that_serde_sees() -> Result<(), serde_json::Error> {
        let built = deployment();
        let seen = serde_json::to_value(built.value())?;
        let text = format!("{:?}", built.tree());
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text)?, seen);
        Ok(())
    }

    #[test]
    fn numbers_and_bytes_are_written_as_go_writes_them() {
        let schema = k8s!(at(1); JSONSchemaProps {
            maximum: 2.0, minimum: -0.5, multiple_of: 1e300, max_length: -3_i64, type_: "x",
        });
        let mut expected = vec![
            ": map @1",
            "type: x @1",
            "maxLength: -3 @1",
            "maximum: 2 @1",
            "minimum: -0.5 @1",
            "multipleOf: 1e+300 @1",
        ];
        expected.sort_unstable();
        let tree = schema.tree();
        let mut found = lines(tree.root());
        found.sort_unstable();
        assert_eq!(found, expected);
        assert_eq!(tree.root().get("maximum").map(NodeRef::kind), Some(Kind::Int));
        assert_eq!(tree.root().get("minimum").map(NodeRef::kind), Some(Kind::Float));

        let data = BTreeMap::from([("k", Val::new(ByteString(b"\x00\xffhi".to_vec()), at(2)))]);
        let secret = k8s!(at(1); Secret { data });
        let tree = secret.tree();
        let value = tree.root().at_path(&["data", "k"]);
        assert_eq!(value.map(|node| (node.text(), node.at())), Some(("AP9oaQ==", at(2))));
    }

    #[test]
    fn user_maps_are_sorted_by_key_and_not_by_the_order_of_fields() {
        let data = BTreeMap::from([("name", "n"), ("kind", "k"), ("apiVersion", "a"), ("Z", "z")]);
        let map = k8s!(at(1); ConfigMap { data });
        let tree = map.tree();
        let data: Vec<_> = tree.root().get("data").into_iter().flat_map(NodeRef::entries).collect();
        assert_eq!(
            data.iter().filter_map(|entry| entry.key()).collect::<Vec<_>>(),
            ["Z", "apiVersion", "kind", "name"]
        );
    }

    #[test]
    fn field_names_match_by_letters_alone() {
        assert!(is_same_field("host_ip", "hostIP"));
        assert!(is_same_field("type_", "type"));
        assert!(is_same_field("cluster_ips", "clusterIPs"));
        assert!(!is_same_field("cluster_ip", "clusterIPs"));
        assert!(!is_same_field("cluster_ips", "clusterIP"));
    }

    #[test]
    #[should_panic(
        expected = "a `Container` that has only 1 of the fields with origins: name, name"
    )]
    fn an_origin_that_is_not_used_is_a_bug() {
        let name = Val::new("web", at(1));
        let _ = k8s!(at(1); Container { name, name }).tree();
    }

    /// A string with or without an origin of its own.
    #[derive(Debug, Clone)]
    struct Perhaps(String, Option<u32>);

    impl Value<String> for Perhaps {
        fn build(self) -> (String, Marks) {
            match self.1 {
                Some(number) => Val::new(self.0, at(number)).build(),
                None => self.0.build(),
            }
        }
    }

    fn text() -> impl Strategy<Value = Perhaps> {
        ("[a-z]{1,3}", prop::option::of(0..100_u32)).prop_map(|(text, at)| Perhaps(text, at))
    }

    /// A container in short: what is put in, and what lines are to come out.
    #[derive(Debug, Clone)]
    struct Sketch {
        at: u32,
        name: Perhaps,
        image: Option<Perhaps>,
        command: (Vec<Perhaps>, Option<u32>),
        env: Vec<(u32, Perhaps, Option<Perhaps>)>,
        limits: BTreeMap<String, Perhaps>,
    }

    impl Value<Quantity> for Perhaps {
        fn build(self) -> (Quantity, Marks) {
            let (text, marks) = Value::<String>::build(self);
            (Quantity(text), marks)
        }
    }

    fn sketch() -> impl Strategy<Value = Sketch> {
        (
            0..100_u32,
            text(),
            prop::option::of(text()),
            (prop::collection::vec(text(), 0..3), prop::option::of(0..100_u32)),
            prop::collection::vec((0..100_u32, text(), prop::option::of(text())), 0..3),
            prop::collection::btree_map("[a-z]{1,2}", text(), 0..3),
        )
            .prop_map(|(at, name, image, command, env, limits)| Sketch {
                at,
                name,
                image,
                command,
                env,
                limits,
            })
    }

    impl Sketch {
        fn built(self) -> Built<Container> {
            let env: Vec<_> = self
                .env
                .into_iter()
                .map(|(number, name, value)| k8s!(at(number); EnvVar { name, value }))
                .collect();
            let whole = at(self.at);
            let resources = k8s!(whole; ResourceRequirements { limits: self.limits });
            let (words, command) = self.command;
            if let Some(number) = command {
                let command = Val::new(words, at(number));
                let Self { name, image, .. } = self;
                k8s!(whole; Container { resources, env, name, command, image })
            } else {
                k8s!(whole; Container {
                    image: self.image, command: words, name: self.name, env, resources,
                })
            }
        }

        fn lines(&self) -> Vec<String> {
            let mut lines = vec![format!(": map @{}", self.at)];
            let mut line = |path: String, value: &str, at: u32| {
                lines.push(format!("{path}: {value} @{at}"));
            };
            let all = self.at;
            line("name".to_owned(), &self.name.0, self.name.1.unwrap_or(all));
            if let Some(image) = &self.image {
                line("image".to_owned(), &image.0, image.1.unwrap_or(all));
            }
            let (words, command) = &self.command;
            if !words.is_empty() {
                let command = command.unwrap_or(all);
                line("command".to_owned(), "list", command);
                for (index, word) in words.iter().enumerate() {
                    line(format!("command[{index}]"), &word.0, word.1.unwrap_or(command));
                }
            }
            if !self.env.is_empty() {
                line("env".to_owned(), "list", all);
            }
            for (index, (number, name, value)) in self.env.iter().enumerate() {
                line(format!("env[{index}]"), "map", *number);
                line(format!("env[{index}].name"), &name.0, name.1.unwrap_or(*number));
                if let Some(value) = value {
                    line(format!("env[{index}].value"), &value.0, value.1.unwrap_or(*number));
                }
            }
            line("resources".to_owned(), "map", all);
            if !self.limits.is_empty() {
                line("resources.limits".to_owned(), "map", all);
            }
            for (key, value) in &self.limits {
                line(format!("resources.limits.{key}"), &value.0, value.1.unwrap_or(all));
            }
            lines
        }
    }

    proptest! {
        #[test]
        fn each_node_has_its_own_origin_or_the_nearest_above(sketch in sketch()) {
            let expected = sketch.lines();
            prop_assert_eq!(lines(sketch.built().tree().root()), expected);
        }
    }
}
