//! Mounts, and the volumes of a pod that follow from them.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    ConfigMapProjection, ConfigMapVolumeSource, EmptyDirVolumeSource, KeyToPath,
    PersistentVolumeClaimVolumeSource, ProjectedVolumeSource, SecretProjection, SecretVolumeSource,
    Volume, VolumeMount, VolumeProjection,
};

use super::Built;
use super::claim::POD_CLAIM;
use crate::k8s;
use crate::k8s::fit;
use crate::plan::{Mount, MountSource, SecretValue, Val};
use crate::source::Rule;

/// The longest name of a volume.
const LONGEST: usize = 63;

/// The volumes of one pod, made as its containers mount them: one for each source, however
/// often it is mounted.
#[derive(Debug, Default)]
pub(super) struct Volumes<'p> {
    volumes: Vec<(Source<'p>, Built<Volume>)>,
}

/// What tells volumes apart.
#[derive(Debug, PartialEq, Eq)]
enum Source<'p> {
    Claim(&'p str),
    Config(&'p str, Option<u32>),
    Secret(&'p str, Option<u32>),
    Projected(&'p str, Option<u32>),
    EmptyDir { path: &'p str, size_limit: Option<&'p str>, memory: bool },
}

impl<'p> Volumes<'p> {
    /// Mounts as a container states them; the volumes that they need join the pod's.
    pub(super) fn mount(&mut self, mounts: &'p [Mount]) -> Vec<Built<VolumeMount>> {
        mounts.iter().map(|mount| self.mount_one(mount)).collect()
    }

    /// All of them, in the order in which they were first mounted.
    pub(super) fn into_volumes(self) -> Vec<Built<Volume>> {
        self.volumes.into_iter().map(|(_, volume)| volume).collect()
    }

    fn mount_one(&mut self, mount: &'p Mount) -> Built<VolumeMount> {
        let at = mount.path.at;
        let read_only = match mount.source {
            MountSource::Config(_) | MountSource::Secret(_) | MountSource::Projected { .. } => {
                mount.read_only.or(Some(Val::new(true, at.derive(Rule::ReadOnlyMount))))
            }
            _ => mount.read_only,
        };
        k8s!(at; VolumeMount {
            name: Val::new(self.volume_of(mount), at.derive(Rule::VolumeOfMount)),
            mount_path: &mount.path,
            sub_path: &mount.sub_path,
            read_only,
        })
    }

    /// The name of the volume that a mount needs.
    fn volume_of(&mut self, mount: &'p Mount) -> String {
        let at = mount.path.at;
        let mode = mount.mode.map(|mode| mode.v);
        let default_mode = mount.mode;
        match &mount.source {
            // The claim template of the StatefulSet makes it.
            MountSource::PodStorage => POD_CLAIM.to_owned(),
            MountSource::Claim(claim) => self.named(Source::Claim(&claim.v), mount, |name| {
                k8s!(at; Volume {
                    name,
                    persistent_volume_claim: k8s!(claim.at; PersistentVolumeClaimVolumeSource {
                        claim_name: claim,
                    }),
                })
            }),
            MountSource::Config(config) => {
                self.named(Source::Config(&config.v, mode), mount, |name| {
                    let items: Vec<_> = (mount.items.iter())
                        .map(|(key, path)| k8s!(key.at; KeyToPath { key, path }))
                        .collect();
                    let source = k8s!(config.at; ConfigMapVolumeSource {
                        name: config, default_mode, items,
                    });
                    k8s!(at; Volume { name, config_map: source })
                })
            }
            MountSource::Secret(secret) => {
                self.named(Source::Secret(&secret.v, mode), mount, |name| {
                    let source =
                        k8s!(secret.at; SecretVolumeSource { secret_name: secret, default_mode });
                    k8s!(at; Volume { name, secret: source })
                })
            }
            MountSource::Projected { name: config, config: exists, secrets } => {
                self.named(Source::Projected(&config.v, mode), mount, |name| {
                    let sources = projections(exists.then_some(config), secrets);
                    let source = k8s!(config.at; ProjectedVolumeSource { default_mode, sources });
                    k8s!(at; Volume { name, projected: source })
                })
            }
            MountSource::EmptyDir { size_limit, memory, at: source } => {
                let medium = memory.filter(|memory| memory.v).map(|yes| yes.map(|_| "Memory"));
                let key = Source::EmptyDir {
                    path: &mount.path.v,
                    size_limit: size_limit.as_ref().map(|limit| limit.v.as_str()),
                    memory: medium.is_some(),
                };
                self.named(key, mount, |name| {
                    let source = k8s!(*source; EmptyDirVolumeSource { size_limit, medium });
                    k8s!(at; Volume { name, empty_dir: source })
                })
            }
        }
    }

    /// The name of the volume with that source; where there is none yet, it is built.
    fn named(
        &mut self,
        source: Source<'p>,
        mount: &Mount,
        build: impl FnOnce(Val<&str>) -> Built<Volume>,
    ) -> String {
        if let Some((_, volume)) = self.volumes.iter().find(|(known, _)| *known == source) {
            return volume.value().name.clone();
        }
        let name = self.free(&source.name());
        let volume = build(Val::new(&name, mount.path.at.derive(Rule::VolumeOfMount)));
        self.volumes.push((source, volume));
        name
    }

    /// The name itself, or with a number where a volume has it already.
    fn free(&self, name: &str) -> String {
        let taken = |name: &str| {
            name == POD_CLAIM || self.volumes.iter().any(|(_, volume)| volume.value().name == name)
        };
        let mut free = name.to_owned();
        let mut number = 2;
        while taken(&free) {
            free = fit(format!("{name}-{number}"), LONGEST);
            number += 1;
        }
        free
    }
}

/// A ConfigMap, and of each Secret the keys that stand as files beside the ConfigMap's.
fn projections(
    config: Option<&Val<String>>,
    secrets: &BTreeMap<String, Val<SecretValue>>,
) -> Vec<Built<VolumeProjection>> {
    let config = config.map(|name| {
        k8s!(name.at; VolumeProjection { config_map: k8s!(name.at; ConfigMapProjection { name }) })
    });
    let mut items: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (path, value) in secrets {
        let at = value.at.derive(Rule::SecretOfConfig);
        let item = k8s!(at; KeyToPath { key: &value.v.key, path });
        items.entry(&value.v.secret).or_default().push((at, item));
    }
    let secrets = items.into_iter().map(|(name, items)| {
        let at = items[0].0;
        let items: Vec<_> = items.into_iter().map(|(_, item)| item).collect();
        k8s!(at; VolumeProjection { secret: k8s!(at; SecretProjection { name, items }) })
    });
    config.into_iter().chain(secrets).collect()
}

impl Source<'_> {
    /// A DNS label that is as like to the source's name or the path as can be.
    fn name(&self) -> String {
        let (Self::Claim(name)
        | Self::Config(name, _)
        | Self::Secret(name, _)
        | Self::Projected(name, _)
        | Self::EmptyDir { path: name, .. }) = self;
        let words: Vec<String> = name
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        if words.is_empty() { "root".to_owned() } else { fit(words.join("-"), LONGEST) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::testing::{container, mount, part, plan, service, text, val};
    use crate::plan::{MountSource, Plan, SecretValue};
    use crate::source::listing::at;

    fn empty(number: u32) -> MountSource {
        MountSource::EmptyDir { size_limit: None, memory: None, at: at(number) }
    }

    fn mounts() -> Plan {
        let mut plan = plan();
        let mut web = service("web", 30);
        let mut file = mount("/etc/app.toml", 40, MountSource::Config(text("web.app", 41)));
        file.sub_path = Some(text("app.toml", 42));
        file.mode = Some(val(0o440, 43));
        let mut memory = mount("/run/App_1", 44, empty(45));
        memory.source = MountSource::EmptyDir {
            size_limit: Some(text("64Mi", 46)),
            memory: Some(val(true, 47)),
            at: at(45),
        };
        web.container.mounts = vec![
            file,
            mount("/etc/app", 48, MountSource::Config(text("web.app", 49))),
            memory,
            mount("/tmp", 50, empty(51)),
            mount("/data", 52, MountSource::Claim(text("tmp", 53))),
        ];
        let mut init = container("prepare", 60);
        init.mounts = vec![
            mount("/tmp", 61, empty(62)),
            mount("/secret", 63, MountSource::Secret(text("web", 64))),
            mount("/", 65, MountSource::Config(text("web.app", 66))),
        ];
        web.init.push(init);
        plan.programs.push(web);
        plan
    }

    #[test]
    fn each_source_is_one_volume() {
        assert_eq!(
            part(&mounts(), "Deployment/web", "volumes:"),
            "\
volumes:
  - @40
    name: web-app @volume-of-mount:40
    configMap: @41
      name: web.app
      defaultMode: 288 @43
  - @48
    name: web-app-2 @volume-of-mount:48
    configMap: @49
      name: web.app
  - @44
    name: run-app-1 @volume-of-mount:44
    emptyDir: @45
      medium: Memory @47
      sizeLimit: 64Mi @46
  - @50
    name: tmp @volume-of-mount:50
    emptyDir: @51
  - @52
    name: tmp-2 @volume-of-mount:52
    persistentVolumeClaim: @53
      claimName: tmp
  - @63
    name: web @volume-of-mount:63
    secret: @64
      secretName: web
"
        );
    }

    #[test]
    fn keys_of_a_config_stand_where_their_files_stood() {
        let mut plan = plan();
        let mut web = service("web", 30);
        let mut sql = mount("/sql", 40, MountSource::Config(text("sql-files", 41)));
        sql.items = vec![(text("001.up.sql", 42), text("001/up.sql", 42))];
        web.container.mounts = vec![sql];
        plan.programs.push(web);
        assert_eq!(
            part(&plan, "Deployment/web", "volumes:"),
            "\
volumes:
  - @40
    name: sql-files @volume-of-mount:40
    configMap: @41
      name: sql-files
      items:
        - @42
          key: 001.up.sql
          path: 001/up.sql
"
        );
    }

    #[test]
    fn a_config_with_secret_values_is_one_folder() {
        let held = |secret: &str, key: &str, number| {
            val(SecretValue { secret: secret.to_owned(), key: key.to_owned() }, number)
        };
        let mut plan = plan();
        let mut web = service("web", 30);
        let source = |config| MountSource::Projected {
            name: text("app", 41),
            config,
            secrets: BTreeMap::from([
                ("app.ini".to_owned(), held("app", "config.app.ini", 43)),
                ("token".to_owned(), held("app", "token", 44)),
                ("url".to_owned(), held("db", "url", 45)),
            ]),
        };
        let mut mount = mount("/etc/app", 40, source(true));
        mount.mode = Some(val(0o400, 46));
        web.container.mounts = vec![mount];
        plan.programs.push(web);
        let whole = part(&plan, "Deployment/web", "volumes:");
        assert_eq!(
            whole,
            "\
volumes:
  - @40
    name: app @volume-of-mount:40
    projected: @41
      defaultMode: 256 @46
      sources:
        -
          configMap:
            name: app
        - @secret-of-config:43
          secret:
            name: app
            items:
              -
                key: config.app.ini
                path: app.ini
              - @secret-of-config:44
                key: token
                path: token
        - @secret-of-config:45
          secret:
            name: db
            items:
              -
                key: url
                path: url
"
        );
        plan.programs[0].container.mounts[0].source = source(false);
        assert_eq!(
            part(&plan, "Deployment/web", "volumes:"),
            whole.replace("        -\n          configMap:\n            name: app\n", ""),
        );
    }

    #[test]
    fn init_containers_mount_volumes_of_the_same_pod() {
        assert_eq!(
            part(&mounts(), "Deployment/web", "initContainers:"),
            "\
initContainers:
  - @60
    name: prepare
    image: example/prepare:1.4.0 @62
    volumeMounts:
      - @61
        name: tmp @volume-of-mount:61
        mountPath: /tmp
      - @63
        name: web @volume-of-mount:63
        mountPath: /secret
        readOnly: true @read-only-mount:63
      - @65
        name: web-app-2 @volume-of-mount:65
        mountPath: /
        readOnly: true @read-only-mount:65
    securityContext: @secure-containers:60
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop:
          - ALL
"
        );
    }

    #[test]
    fn the_program_mounts_in_the_order_written() {
        let containers = part(&mounts(), "Deployment/web", "containers:");
        let from = containers.find("volumeMounts:").unwrap_or_default();
        assert_eq!(
            &containers[from..],
            "\
volumeMounts:
      - @40
        name: web-app @volume-of-mount:40
        mountPath: /etc/app.toml
        subPath: app.toml @42
        readOnly: true @read-only-mount:40
      - @48
        name: web-app-2 @volume-of-mount:48
        mountPath: /etc/app
        readOnly: true @read-only-mount:48
      - @44
        name: run-app-1 @volume-of-mount:44
        mountPath: /run/App_1
      - @50
        name: tmp @volume-of-mount:50
        mountPath: /tmp
      - @52
        name: tmp-2 @volume-of-mount:52
        mountPath: /data
    securityContext: @secure-containers:30
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop:
          - ALL
"
        );
    }
}
