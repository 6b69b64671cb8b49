//! What changed from one minor version of Kubernetes to the next, by name. Nothing else compares
//! versions.
//!
//! A feature has a gate in `pkg/features/kube_features.go` of Kubernetes, and counts from the
//! version on in which that is on unless somebody turns it off. A change of the server's that no
//! gate guards has a name of gen's own.

use super::Version;
use super::schema::MINORS;

/// The newest version that was gone through for changes.
const GONE_THROUGH: u8 = 36;

const _: () = assert!(
    MINORS[MINORS.len() - 1] == GONE_THROUGH,
    "go through what the new version turns on: see tests/conformance/README.md"
);

macro_rules! features {
    ($($(#[$doc:meta])* $name:ident: $facts:expr;)*) => {
        /// A change in what the API server takes, keeps or says.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Feature {
            $($(#[$doc])* $name,)*
        }

        impl Feature {
            const ALL: &'static [Self] = &[$(Self::$name),*];

            const fn facts(self) -> Facts {
                match self { $(Self::$name => $facts,)* }
            }
        }
    };
}

features! {
    /// Resources of a pod as a whole.
    PodLevelResources: since(34).gate("PodLevelResources").brings(&["resources"]);
    /// Claims of devices in pods.
    DynamicResourceAllocation: since(34).gate("DynamicResourceAllocation").brings(&[
        "containers[].resources.claims",
        "initContainers[].resources.claims",
        "resourceClaims",
    ]);
    /// The class of a volume's attributes.
    VolumeAttributesClass: since(34).gate("VolumeAttributesClass");
    /// Traffic of a Service that stays in a zone or on a node.
    PreferSameTrafficDistribution: since(34).gate("PreferSameTrafficDistribution");
    /// The labels that spread pods are put into the selector, so keys must not be in both.
    MatchLabelKeysInPodTopologySpreadSelectorMerge:
        since(34).gate("MatchLabelKeysInPodTopologySpreadSelectorMerge");
    /// A restart policy of a regular container is dropped; before, it is refused.
    RestartPolicyOfContainers: since(34);
    /// No block devices in pods that have users of their own.
    NoDevicesWithOwnUsers: since(34);
    /// The pods and the claims of a StatefulSet are checked by the server. Before, that was left to
    /// the controller.
    StatefulSetTemplates: since(34);
    /// The version of what is scaled is checked.
    VersionsOfScaledObjects: since(34);
    /// `k8s-short-name` and `k8s-long-name` as formats in definitions.
    FormatsOfNames: since(34);
    /// A pod's host name of its own.
    HostnameOverride: since(35).gate("HostnameOverride").brings(&["hostnameOverride"]);
    /// Variables from files.
    EnvFiles: since(35).gate("EnvFiles");
    /// Volumes that are images.
    ImageVolume: since(35).gate("ImageVolume");
    /// Restart policies of regular containers, and rules for them.
    ContainerRestartRules: since(35).gate("ContainerRestartRules").brings(&[
        "containers[].restartPolicy",
        "containers[].restartPolicyRules",
        "initContainers[].restartPolicyRules",
    ]);
    /// How many volumes a node takes may change.
    MutableCSINodeAllocatableCount: since(35).gate("MutableCSINodeAllocatableCount");
    /// Of a DeviceClass and a ReplicationController only whole names are checked.
    NamesByDeclaration: since(35);
    /// Requests for devices that are there twice are reported as a whole, not at their names.
    TwinsOfRequests: since(35);
    /// Wrong tolerations of a RuntimeClass are reported where they are.
    PlacesOfTolerations: since(35);
    /// Strict forms of IP addresses and blocks in old kinds, too.
    StrictIPCIDRValidation: since(36).gate("StrictIPCIDRValidation");
    /// Names of Services that begin with a digit.
    RelaxedServiceNameValidation: since(36).gate("RelaxedServiceNameValidation");
    /// A container that restarts the whole pod, and rules for sidecars.
    RestartAllContainers: since(36).gate("RestartAllContainersOnContainerExits");
    /// No restarts to resize containers that run once.
    ResizeOfInitContainers: since(36);
    /// The extended resource that stands for a class of devices.
    DRAExtendedResource: since(36).gate("DRAExtendedResource");
    /// The resources of a suspended Job's pods may change.
    MutablePodResourcesForSuspendedJobs: since(36).gate("MutablePodResourcesForSuspendedJobs");
    /// The signal that stops a container.
    ContainerStopSignals: off().gate("ContainerStopSignals").brings(&[
        "containers[].lifecycle.stopSignal",
        "initContainers[].lifecycle.stopSignal",
    ]);
    /// Bundles of certificates in projected volumes.
    ClusterTrustBundleProjection: off()
        .gate("ClusterTrustBundleProjection")
        .brings(&["volumes[].projected.sources[].clusterTrustBundle"]);
    /// Certificates of pods in projected volumes.
    PodCertificateRequest: off()
        .gate("PodCertificateRequest")
        .brings(&["volumes[].projected.sources[].podCertificate"]);
    /// Pods that are scheduled together.
    GenericWorkload: off().gate("GenericWorkload").brings(&["schedulingGroup", "workloadRef"]);
}

/// What is known of a feature.
struct Facts {
    gate: Option<&'static str>,
    /// The first minor version in which it is on.
    since: Option<u8>,
    fields: &'static [&'static str],
}

/// On from a minor version on.
const fn since(minor: u8) -> Facts {
    Facts { gate: None, since: Some(minor), fields: &[] }
}

/// Off in every version that gen knows.
const fn off() -> Facts {
    Facts { gate: None, since: None, fields: &[] }
}

impl Facts {
    const fn gate(self, name: &'static str) -> Self {
        Self { gate: Some(name), ..self }
    }

    /// The fields that the server drops unread where the feature is off, from the specification
    /// of the pod.
    const fn brings(self, fields: &'static [&'static str]) -> Self {
        Self { fields, ..self }
    }
}

impl Feature {
    /// The name of its gate, where it has one.
    #[must_use]
    pub fn gate(self) -> Option<&'static str> {
        self.facts().gate
    }

    /// The fields of pods that the server drops unread in a version, because their feature is
    /// off: paths from the specification of the pod, such as `containers[].restartPolicy`.
    ///
    /// Source: `dropDisabledFields` of `pkg/api/pod/util.go`.
    pub(super) fn fields_dropped(version: Version) -> impl Iterator<Item = &'static str> {
        let off = Self::ALL.iter().filter(move |feature| !version.has(**feature));
        off.flat_map(|feature| feature.facts().fields).copied()
    }
}

impl Version {
    /// Whether a feature is on, unless somebody turns it off.
    #[must_use]
    pub fn has(self, feature: Feature) -> bool {
        feature.facts().since.is_some_and(|since| self.minor() >= since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_on_from_its_version_on() {
        let on = |feature| Version::all().map(|version| version.has(feature)).collect::<Vec<_>>();
        assert_eq!(on(Feature::PodLevelResources), [false, true, true, true]);
        assert_eq!(on(Feature::StrictIPCIDRValidation), [false, false, false, true]);
        assert_eq!(on(Feature::GenericWorkload), [false; 4]);
    }

    #[test]
    fn gates_are_named_once() {
        let mut gates: Vec<_> = Feature::ALL.iter().filter_map(|it| it.gate()).collect();
        gates.sort_unstable();
        let all = gates.len();
        gates.dedup();
        assert_eq!(gates.len(), all);
    }
}
