# SPDX-License-Identifier: GPL-3.0-or-later

"""Every feature gate that kube-proxy takes, by minor version of Kubernetes.

kube-proxy registers the gates of Kubernetes itself, of the libraries apiserver, apiextensions-apiserver,
controller-manager and, from 1.30 on, client-go, those of its metrics from 1.26 on, and those of its logs from 1.27 on
(kubernetes/kubernetes#115233). The stages are from the lists of gates in the source of each minor version from 1.20 to
1.36. ``tests/functional/differential`` holds them to a real kube-proxy. Of 1.37 the table has only the gates in the
announcements that concern kube-proxy (KEP-5495, KEP-6032, kubernetes/kubernetes#137536).
"""

from __future__ import annotations

#: The first and the last minor version whose gates are all here.
FIRST, LAST = 20, 36

#: One gate a line, with what it is from a minor version on: ``a`` alpha, ``b`` beta, ``g`` generally available,
#: ``d`` deprecated; ``+`` on by default, ``!`` locked to its default, ``-`` removed. What was there before 1.20 begins
#: with 20.
STAGES = """
APIListChunking 20b+ 29g+! 33-
APIPriorityAndFairness 20b+ 29g+! 31-
APIResponseCompression 20b+
APISelfSubjectReview 26a 27b+ 28g+! 30-
APIServerIdentity 20a 26b+
APIServerTracing 22a 27b+ 34g+!
APIServingWithRoutine 30a
AdmissionWebhookMatchConditions 27a 28b+ 30g+! 33-
AdvancedAuditing 20g+ 27g+! 28-
AggregatedDiscoveryEndpoint 26a 27b+ 30g+! 33-
AggregatedDiscoveryRemoveBetaType 33d+ 35d+!
AllowDNSOnlyNodeCSR 31d
AllowInsecureBackendProxy 20b+ 21g+! 23-
AllowInsecureKubeletCertificateSigningRequests 31d
AllowOverwriteTerminationGracePeriodSeconds 32d 35d!
AllowParsingUserUIDFromCertAuth 33b+
AllowServiceExternalIPs 36g+
AllowServiceLBStatusOnNonLB 29d 32d! 35-
AllowUnsafeMalformedObjectDeletion 32a
AnonymousAuthConfigurableEndpoints 31a 32b+ 34g+!
AnyVolumeDataSource 20a 24b+ 33g+!
AppArmor 20b+ 31g+! 33-
AppArmorFields 30b+ 31g+! 33-
AtomicFIFO 36b+
AttachVolumeLimit 20g+! 21-
AuthorizeNodeWithSelectors 31a 32b+ 34g+!
AuthorizePodWebsocketUpgradeCreatePermission 35b+
AuthorizeWithSelectors 31a 32b+ 34g+!
BalanceAttachedNodeVolumes 20a 22-
BlockVolume 20g+! 21-
BoundServiceAccountTokenVolume 20a 21b+ 22g+! 23-
BtreeWatchCache 32b+ 33g+!
CBORServingAndStorage 32a
CPUManager 20b+ 26g+! 33-
CPUManagerPolicyAlphaOptions 23a
CPUManagerPolicyBetaOptions 23b+
CPUManagerPolicyOptions 22a 23b+ 33g+!
CRDObservedGenerationTracking 35b 36b+
CRDValidationRatcheting 28a 30b+ 33g+!
CRIContainerLogRotation 20b+ 21g+! 22-
CRIListStreaming 36a
CSIBlockVolume 20g+! 21-
CSIDriverRegistry 20g+! 21-
CSIInlineVolume 20b+ 25g+! 27-
CSIMigration 20b+ 25g+! 27-
CSIMigrationAWS 20b 23b+ 25g+! 27-
CSIMigrationAWSComplete 20a 21-
CSIMigrationAzureDisk 20b 23b+ 24g+ 25g+! 27-
CSIMigrationAzureDiskComplete 20a 21-
CSIMigrationAzureFile 20a 21b 24b+ 26g+ 27g+! 30-
CSIMigrationAzureFileComplete 20a 21-
CSIMigrationGCE 20b 23b+ 25g+! 28-
CSIMigrationGCEComplete 20a 21-
CSIMigrationOpenStack 20b 21b+ 24g+! 26-
CSIMigrationOpenStackComplete 20a 21-
CSIMigrationPortworx 23a 25b 31b+ 33g+! 36-
CSIMigrationRBD 24a 28d 31-
CSIMigrationvSphere 20b 25b+ 26g+! 29-
CSIMigrationvSphereComplete 20b 22-
CSINodeExpandSecret 25a 27b+ 29g+! 31-
CSINodeInfo 20g+! 21-
CSIServiceAccountToken 20a 21b+ 22g+! 25-
CSIServiceAccountTokenSecrets 35b+ 36g+!
CSIStorageCapacity 20a 21b+ 24g+! 28-
CSIVolumeFSGroupPolicy 20b+ 23g+! 25-
CSIVolumeHealth 21a
CSRDuration 22b+ 24g+! 26-
ChangeContainerStatusOnKubeletRestart 35d
ClearingNominatedNodeNameAfterBinding 34a 35b+
ClientsAllowCARotation 36b+
ClientsAllowCBOR 32a
ClientsAllowTLSCacheGC 36b+
ClientsPreferCBOR 32a
CloudControllerManagerWatchBasedRoutesReconciliation 35a
CloudControllerManagerWebhook 27a
CloudDualStackNodeIPs 27a 29b+ 30g+! 32-
ClusterTrustBundle 27a 33b
ClusterTrustBundleProjection 29a 33b
ComponentFlagz 32a 36b+
ComponentSLIs 26a 27b+ 32g+! 35-
ComponentStatusz 32a 36b+
ConcurrentWatchObjectDecode 31b
ConfigurableFSGroupPolicy 20b+ 23g+! 25-
ConsistentHTTPGetHandlers 26g+ 30g+! 31-
ConsistentListFromCache 28a 31b+ 34g+!
ConstrainedImpersonation 35a 36b+
ContainerCheckpoint 25a 30b+
ContainerRestartRules 34a 35b+
ContainerStopSignals 33a
ContextualLogging 27a 30b+
ControllerManagerLeaderMigration 22b+ 24g+! 27-
ControllerManagerReleaseLeaderElectionLockOnExit 36a
CoordinatedLeaderElection 31a 33b
CronJobControllerV2 20a 21b+ 22g+! 23-
CronJobTimeZone 24a 25b+ 27g+! 29-
CronJobsScheduledAnnotation 28b+ 32g+! 35-
CrossNamespaceVolumeDataSource 26a
CustomCPUCFSQuotaPeriod 20a 36g+
CustomResourceFieldSelectors 30a 31b+ 32g+!
CustomResourceValidationExpressions 23a 25b+ 29g+! 31-
DRAAdminAccess 32a 34b+ 36g+!
DRAConsumableCapacity 34a 36b+
DRAControlPlaneController 31a 32-
DRADeviceBindingConditions 34a 36b+
DRADeviceTaintRules 35a 36b
DRADeviceTaints 33a 36b+
DRAExtendedResource 34a 36b+
DRAListTypeAttributes 36a
DRANodeAllocatableResources 36a
DRAPartitionableDevices 33a 36b+
DRAPrioritizedList 33a 34b+ 36g+
DRAResourceClaimDeviceStatus 32a 33b+
DRAResourceClaimGranularStatusAuthorization 36b+
DRAResourcePoolStatus 36a
DRASchedulerFilterTimeout 34b+
DRAWorkloadResourceClaims 36a
DaemonSetUpdateSurge 21a 22b+ 25g+! 27-
DeclarativeValidation 33b+ 36g+!
DeclarativeValidationBeta 36b+
DeclarativeValidationTakeover 33b 36d
DefaultHostNetworkHostPortsInPodTemplates 28d 31-
DefaultPodTopologySpread 20b+ 24g+! 26-
DelegateFSGroupToCSIDriver 22a 23b+ 26g+! 28-
DeploymentReplicaSetTerminatingReplicas 33a 35b+
DetectCacheInconsistency 34b+
DevicePluginCDIDevices 28a 29b+ 31g+! 34-
DevicePlugins 20b+ 26g+! 28-
DisableAcceleratorUsageMetrics 20b+ 25g+! 28-
DisableAllocatorDualWrite 31a 33b 34g+ 35g+!
DisableCPUQuotaWithExclusiveCPUs 33b+ 36d+
DisableCloudProviders 22a 29b+ 31g+! 33-
DisableKubeletCloudCredentialProviders 23a 29b+ 31g+! 33-
DisableNodeKubeProxyVersion 29a 31d 33d+ 36d+!
DownwardAPIHugePages 20a 21b 23b+ 27g+! 29-
DryRun 20g+ 26g+! 28-
DynamicKubeletConfig 20b+ 22d 26-
DynamicResourceAllocation 26a 32b 34g+ 35g+!
EfficientWatchResumption 20a 21b+ 24g+! 33-
ElasticIndexedJob 27b+ 31g+! 34-
EndpointSlice 20b+ 21g+! 25-
EndpointSliceNodeName 20a 21g+! 25-
EndpointSliceProxying 20b+ 22g+! 25-
EndpointSliceTerminatingCondition 20a 22b+ 26g+! 28-
EnvFiles 34a 35b+
EphemeralContainers 20a 23b+ 25g+! 27-
EvenPodsSpread 20g+! 21-
EventedPLEG 26a 27b 30a
ExecProbeTimeout 20g+ 35g+!
ExpandCSIVolumes 20b+ 24g+ 27-
ExpandInUsePersistentVolumes 20b+ 24g+ 27-
ExpandPersistentVolumes 20b+ 24g+ 27-
ExpandedDNSConfig 22a 26b+ 28g+! 30-
ExperimentalHostUserNamespaceDefaulting 20b 28d! 30-
ExtendWebSocketsToKubelet 36b+
ExternalPolicyForExternalIP 20g+! 22-
ExternalServiceAccountTokenSigner 32a 34b+ 36g+!
GRPCContainerProbe 23a 24b+ 27g+! 29-
GangScheduling 35a
GenericEphemeralVolume 20a 21b+ 23g+! 25-
GenericWorkload 35a
GitRepoVolumeDriver 33d 36d!
GracefulNodeShutdown 20a 21b+
GracefulNodeShutdownBasedOnPodPriority 23a 24b+
HPAConfigurableTolerance 33a 35b+
HPAContainerMetrics 20a 27b+ 30g+! 32-
HPAScaleToZero 20a
HonorPVReclaimPolicy 23a 31b+ 33g+! 36-
HostnameOverride 34a 35b+
HugePageStorageMediumSize 20b+ 22g+! 24-
HyperVContainer 20d 21-
IPTablesOwnershipCleanup 25a 27b+ 28g+! 30-
IPv6DualStack 20a 21b+ 23g+! 25-
IdentifyPodOS 23a 24b+ 25g+! 27-
ImageMaximumGCAge 29a 30b+ 35g+!
ImageVolume 31a 33b 35b+ 36g+!
ImageVolumeWithDigest 36a
ImmutableEphemeralVolumes 20b+ 21g+! 24-
InOrderInformers 33b+ 36g+!
InOrderInformersBatchProcess 35b+
InPlacePodLevelResourcesVerticalScaling 35a 36b+
InPlacePodVerticalScaling 27a 33b+ 35g+!
InPlacePodVerticalScalingAllocatedStatus 32a 33d 36-
InPlacePodVerticalScalingExclusiveCPUs 32a
InPlacePodVerticalScalingExclusiveMemory 34a
InPlacePodVerticalScalingInitContainers 36b+
InTreePluginAWSUnregister 21a 31-
InTreePluginAzureDiskUnregister 21a 31-
InTreePluginAzureFileUnregister 21a 31-
InTreePluginGCEUnregister 21a 31-
InTreePluginOpenStackUnregister 21a 31-
InTreePluginPortworxUnregister 23a 36-
InTreePluginRBDUnregister 23a 28d 31-
InTreePluginvSphereUnregister 21a 31-
IndexedJob 21a 22b+ 24g+! 26-
InformerResourceVersion 30a 35g+
IngressClassNamespacedParams 21a 22b+ 23g+! 25-
JobBackoffLimitPerIndex 28a 29b+ 33g+!
JobManagedBy 30a 32b+ 35g+!
JobMutableNodeSchedulingDirectives 23b+ 27g+! 29-
JobPodFailurePolicy 25a 26b+ 31g+! 33-
JobPodReplacementPolicy 28a 29b+ 34g+!
JobReadyPods 23a 24b+ 29g+! 31-
JobSuccessPolicy 30a 31b+ 33g+!
JobTrackingWithFinalizers 22a 23b+ 24b 25b+ 26g+! 29-
KMSv1 28d+ 29d
KMSv2 25a 27b+ 29g+! 32-
KMSv2KDF 28b 29g+! 32-
KubeProxyDrainingTerminatingNodes 28a 30b+ 31g+! 33-
KubeProxyIPVS 37d+ 40d 43d! 46-
KubeProxyNFTablesLocalhostNodePorts 37a 38b+
KubeletCgroupDriverFromCRI 28a 31b+ 34g+!
KubeletCrashLoopBackOffMax 32a 35b+
KubeletCredentialProviders 20a 24b+ 26g+! 28-
KubeletEnsureSecretPulledImages 33a 35b+
KubeletFineGrainedAuthz 32a 33b+ 36g+!
KubeletInUserNamespace 22a
KubeletPSI 33a 34b+ 36g+!
KubeletPodResources 20b+ 28g+! 30-
KubeletPodResourcesDynamicResources 27a 34b+ 36g+!
KubeletPodResourcesGet 27a 34b+ 36g+!
KubeletPodResourcesGetAllocatable 21a 23b+ 28g+! 30-
KubeletPodResourcesListUseActivePods 34d+
KubeletRegistrationGetOnExistsOnly 32d
KubeletSeparateDiskGC 29a 31b+
KubeletServiceAccountTokenForCredentialProviders 33a 34b+
KubeletTracing 25a 27b+ 34g+!
LegacyNodeRoleBehavior 20b+ 21g! 22-
LegacyServiceAccountTokenCleanUp 28a 29b+ 30g+! 32-
LegacyServiceAccountTokenNoAutoGeneration 24b+ 26g+ 27g+! 29-
LegacyServiceAccountTokenTracking 26a 27b+ 28g+! 30-
LegacySidecarContainers 33d 34-
ListFromCacheSnapshot 33a 34b+
LoadBalancerIPMode 29a 30b+ 32g+! 35-
LocalStorageCapacityIsolation 20b+ 25g+! 27-
LocalStorageCapacityIsolationFSQuotaMonitoring 20a 31b
LogarithmicScaleDown 21a 22b+ 31g+!
LoggingAlphaOptions 27a
LoggingBetaOptions 27b+
ManifestBasedAdmissionControlConfig 36a
MatchLabelKeysInPodAffinity 29a 31b+ 33g+!
MatchLabelKeysInPodTopologySpread 25a 27b+
MatchLabelKeysInPodTopologySpreadSelectorMerge 34b+
MaxUnavailableStatefulSet 24a 35b
MemoryManager 21a 22b+ 32g+! 36-
MemoryQoS 22a
MinDomainsInPodTopologySpread 24a 25b 27b+ 30g+! 32-
MinimizeIPTablesRestore 26a 27b+ 28g+! 30-
MixedProtocolLBService 20a 24b+ 26g+! 28-
MultiCIDRRangeAllocator 25a 29-
MultiCIDRServiceAllocator 27a 31b 33g+ 34g+!
MutableCSINodeAllocatableCount 33a 34b 35b+ 36g+!
MutablePVNodeAffinity 35a
MutablePodResourcesForSuspendedJobs 35a 36b+
MutableSchedulingDirectivesForSuspendedJobs 35a 36b+
MutatingAdmissionPolicy 30a 34b 36g+
NFTablesNetlink 37b+
NFTablesProxyMode 29a 31b+ 33g+!
NamespaceDefaultLabelName 21b+ 22g+! 24-
NativeHistograms 36a
NetworkPolicyEndPort 21a 22b+ 25g+! 27-
NetworkPolicyStatus 24a 28-
NewVolumeManagerReconstruction 27b+ 30g+! 32-
NodeDeclaredFeatures 35a 36b+
NodeDisruptionExclusion 20b+ 21g+! 22-
NodeInclusionPolicyInPodTopologySpread 25a 26b+ 33g+!
NodeLease 20g+! 23-
NodeLogQuery 27a 30b 31b+ 36g+!
NodeOutOfServiceVolumeDetach 24a 26b+ 28g+! 32-
NodeSwap 22a 28b 30b+ 34g+!
NominatedNodeNameForExpectation 34a 35b+
NonPreemptingPriority 20b+ 24g+! 26-
OpenAPIEnums 23a 24b+
OpenAPIV3 23a 24b+ 27g+! 29-
OpportunisticBatching 35b+
OrderedNamespaceDeletion 31b 33b+ 34g+!
PDBUnhealthyPodEvictionPolicy 26a 27b+ 31g+! 33-
PLEGOnDemandRelist 36b+
PersistentVolumeClaimUnusedSinceTime 36a
PersistentVolumeLastPhaseTransitionTime 28a 29b+ 31g+! 33-
PodAffinityNamespaceSelector 21a 22b+ 24g+! 26-
PodAndContainerStatsFromCRI 23a
PodCertificateRequest 34a 35b
PodDeletionCost 21a 22b+
PodDisruptionBudget 20b+ 21g+! 25-
PodDisruptionConditions 25a 26b+ 31g+! 34-
PodHasNetworkCondition 25a 28-
PodHostIPs 28a 29b+ 30g+! 32-
PodIndexLabel 28b+ 32g+! 35-
PodLevelResourceManagers 36a
PodLevelResources 32a 34b+
PodLifecycleSleepAction 29a 30b+ 34g+!
PodLifecycleSleepActionAllowZero 32a 33b+ 34g+!
PodLogsQuerySplitStreams 32a
PodObservedGenerationTracking 33a 34b+ 35g+!
PodOverhead 20b+ 24g+! 26-
PodReadyToStartContainersCondition 28a 29b+
PodSchedulingReadiness 26a 27b+ 30g+!
PodSecurity 22a 23b+ 25g+! 28-
PodTopologyLabelsAdmission 33a 35b+
PodsAPI 36a
PortForwardWebsockets 30a 31b+
PreferNominatedNode 21a 22b+ 24g+! 26-
PreferSameTrafficDistribution 33a 34b+ 35g+!
PreventStaticPodAPIReferences 34b+
ProbeHostPodSecurityStandards 34g+! 35-
ProbeTerminationGracePeriod 21a 22b 25b+ 28g+! 29-
ProcMountType 20a 31b 33b+ 36g+!
ProxyTerminatingEndpoints 22a 26b+ 28g+! 30-
QOSReserved 20a
ReadWriteOncePod 22a 27b+ 29g+! 31-
RecoverVolumeExpansionFailure 23a 32b+ 34g+!
RecursiveReadOnlyMounts 30a 31b+ 33g+!
ReduceDefaultCrashLoopBackOffDecay 33a
RelaxedDNSSearchValidation 32a 33b+ 34g+!
RelaxedEnvironmentVariableValidation 30a 32b+ 34g+!
RelaxedServiceNameValidation 34a 36b+
ReloadKubeletClientCAFile 36b+
ReloadKubeletServerCertificateFile 31b+
RemainingItemCount 20b+ 29g+! 33-
RemoteRequestHeaderUID 32a 33b+
RemoveSelfLink 20b+ 24g+! 30-
ResilientWatchCacheInitialization 31b 32b+ 34g+!
ResourceHealthStatus 31a 36b+
ResourceHealthStatusMessage 36b+
RestartAllContainersOnContainerExits 35a 36b+
RetroactiveDefaultStorageClass 25a 26b+ 28g+! 29-
RetryGenerateName 30a 31b+ 32g+!
RootCAConfigMap 20b+ 21g+! 22-
RotateKubeletClientCertificate 20g+! 21-
RotateKubeletServerCertificate 20b+
RunAsGroup 20b+ 21g+! 22-
RuntimeClass 20g+! 24-
RuntimeClassInImageCriApi 29a
SCTPSupport 20g+! 22-
SELinuxChangePolicy 32a 33b+ 36g+!
SELinuxMount 30a 33b
SELinuxMountReadWriteOncePod 25a 27b+ 36g+!
SchedulerAsyncAPICalls 34b
SchedulerAsyncPreemption 32a 33b+
SchedulerPopFromBackoffQ 33b+
SchedulerQueueingHints 28b+ 29b 32b+ 34g+!
SeccompDefault 22a 25b+ 27g+! 29-
SecurityContextDeny 27a 30-
SelectorIndex 20g+! 25-
SeparateCacheWatchRPC 30b+ 33d 36d!
SeparateTaintEvictionController 29b+ 34g+!
ServerSideApply 20b+ 22g+ 26g+! 32-
ServerSideFieldValidation 23a 25b+ 27g+! 32-
ServiceAccountIssuerDiscovery 20b+ 21g+! 23-
ServiceAccountNodeAudienceRestriction 32b 33b+
ServiceAccountTokenJTI 29a 30b+ 32g+!
ServiceAccountTokenNodeBinding 29a 31b+ 33g+!
ServiceAccountTokenNodeBindingValidation 29a 30b+ 32g+!
ServiceAccountTokenPodNodeInfo 29a 30b+ 32g+!
ServiceAppProtocol 20g+! 22-
ServiceCIDRStatusFieldWiping 36d+
ServiceIPStaticSubrange 24a 25b+ 26g+! 28-
ServiceInternalTrafficPolicy 21a 22b+ 26g+! 28-
ServiceLBNodePortControl 20a 22b+ 24g+! 26-
ServiceLoadBalancerClass 21a 22b+ 24g+! 26-
ServiceNodeExclusion 20b+ 21g+! 22-
ServiceNodePortStaticSubrange 27a 28b+ 29g+! 31-
ServiceTopology 20a 22-
ServiceTrafficDistribution 30a 31b+ 33g+! 36-
SetHostnameAsFQDN 20b+ 22g+! 24-
ShardedListAndWatch 36a
SidecarContainers 28a 29b+ 33g+!
SizeBasedListCostEstimate 34b+
SizeMemoryBackedVolumes 20a 22b+ 32g+! 35-
SkipReadOnlyValidationGCE 28a 29d+ 31-
StableLoadBalancerNodeSet 27b+ 30g+! 32-
StaleControllerConsistencyDaemonSet 36b+
StaleControllerConsistencyJob 36b+
StaleControllerConsistencyReplicaSet 36b+
StaleControllerConsistencyStatefulSet 36b+
StartupProbe 20g+! 23-
StatefulSetAutoDeletePVC 23a 27b+ 32g+! 35-
StatefulSetMinReadySeconds 22a 23b+ 25g+! 27-
StatefulSetSemanticRevisionComparison 34b+
StatefulSetStartOrdinal 26a 27b+ 31g+! 34-
StorageCapacityScoring 33a
StorageNamespaceIndex 30b+ 33d+
StorageObjectInUseProtection 20g+ 23g+! 25-
StorageVersionAPI 20a
StorageVersionHash 20b+
StorageVersionMigrator 30a 35b
StreamingCollectionEncodingToJSON 31b 33b+ 34g+!
StreamingCollectionEncodingToProtobuf 31b 33b+ 34g+!
StreamingProxyRedirects 20d+ 22d 24-
StrictCostEnforcementForVAP 30b 32g+! 35-
StrictCostEnforcementForWebhooks 30b 32g+! 35-
StrictIPCIDRValidation 33a 36b+
StructuredAuthenticationConfiguration 29a 30b+ 34g+!
StructuredAuthenticationConfigurationEgressSelector 34b+
StructuredAuthenticationConfigurationJWKSMetrics 35b+
StructuredAuthorizationConfiguration 29a 30b+ 32g+! 36-
SupplementalGroupsPolicy 31a 33b+ 35g+!
SupportNodePidsLimit 20g+! 23-
SupportPodPidsLimit 20g+! 23-
SuspendJob 21a 22b+ 24g+! 26-
Sysctls 20b+ 21g+! 23-
SystemdWatchdog 32b+ 35g+!
TTLAfterFinished 20a 21b+ 23g+! 25-
TaintTolerationComparisonOperators 35a
TokenRequest 20g+! 21-
TokenRequestProjection 20g+! 21-
TokenRequestServiceAccountUIDValidation 34b+
TopologyAwareHints 21a 23b 24b+ 33g+! 36-
TopologyAwareWorkloadScheduling 36a
TopologyManager 20b+ 27g+! 29-
TopologyManagerPolicyAlphaOptions 26a
TopologyManagerPolicyBetaOptions 26b 28b+
TopologyManagerPolicyOptions 26a 28b+ 32g+ 36g+!
TranslateStreamCloseWebsocketRequests 29a 30b+
UnauthenticatedHTTP2DOSMitigation 28b 29b+
UnknownVersionInteroperabilityProxy 28a 36b+
UnlockWhileProcessingFIFO 36b+
UserNamespacesHostNetworkSupport 35a
UserNamespacesPodSecurityStandards 29a 35-
UserNamespacesStatelessPodsSupport 25a 28-
UserNamespacesSupport 28a 30b 33b+ 36g+!
ValidateProxyRedirects 20b+ 22d+ 24-
ValidatingAdmissionPolicy 26a 28b 30g+! 32-
VolumeAttributesClass 29a 31b 34g+ 36g+!
VolumeCapacityPriority 21a 33-
VolumeLimitScaling 35a
VolumePVCDataSource 20g+! 21-
VolumeSnapshotDataSource 20g+! 22-
VolumeSubpath 20g+ 23g+! 25-
WarningHeaders 20b+ 22g+! 24-
WatchBookmark 20g+! 33-
WatchCacheInitializationPostStartHook 31b 36b+
WatchFromStorageWithoutResourceVersion 30b 33d! 36-
WatchList 27a 32b+ 33b 34b+
WatchListClient 30b 35b+
WinDSR 20a 33b+ 34g+!
WinOverlay 20b+ 34g+!
WindowsCPUAndMemoryAffinity 32a
WindowsEndpointSliceProxying 20a 21b+ 22g+! 25-
WindowsGMSA 20g+! 21-
WindowsGracefulNodeShutdown 32a 34b+
WindowsHostNetwork 26a+ 33d
WindowsHostProcessContainers 22a 23b+ 26g+! 28-
WindowsRunAsUserName 20g+! 21-
WorkloadAwarePreemption 36a
WorkloadWithJob 36a
ZeroLimitedNominalConcurrencyShares 29b 30g+! 32-
csiMigrationRBD 23a 24-
"""

#: What a gate needs to be on when it is on, from a minor version on; until 1.34 kube-proxy did not look.
NEEDS = """
AuthorizeNodeWithSelectors 35 AuthorizeWithSelectors
ClusterTrustBundleProjection 35 ClusterTrustBundle
DRAAdminAccess 35 DynamicResourceAllocation
DRAConsumableCapacity 35 DynamicResourceAllocation
DRADeviceBindingConditions 35 DRAResourceClaimDeviceStatus DynamicResourceAllocation
DRADeviceTaintRules 35 DRADeviceTaints
DRADeviceTaints 35 DynamicResourceAllocation
DRAExtendedResource 35 DynamicResourceAllocation
DRAListTypeAttributes 36 DynamicResourceAllocation
DRANodeAllocatableResources 36 DynamicResourceAllocation
DRAPartitionableDevices 35 DynamicResourceAllocation
DRAPrioritizedList 35 DynamicResourceAllocation
DRAResourceClaimGranularStatusAuthorization 36 DRAResourceClaimDeviceStatus DynamicResourceAllocation
DRAResourcePoolStatus 36 DynamicResourceAllocation
DRASchedulerFilterTimeout 35 DynamicResourceAllocation
DRAWorkloadResourceClaims 36 DynamicResourceAllocation GenericWorkload
DeclarativeValidationBeta 36 DeclarativeValidation
DeclarativeValidationTakeover 35 DeclarativeValidation
DisableAllocatorDualWrite 35 MultiCIDRServiceAllocator
ExtendWebSocketsToKubelet 36 NodeDeclaredFeatures
GangScheduling 35 GenericWorkload
GracefulNodeShutdownBasedOnPodPriority 35 GracefulNodeShutdown
ImageVolumeWithDigest 36 ImageVolume
InPlacePodLevelResourcesVerticalScaling 35 InPlacePodVerticalScaling NodeDeclaredFeatures PodLevelResources
InPlacePodVerticalScalingAllocatedStatus 35 InPlacePodVerticalScaling
InPlacePodVerticalScalingAllocatedStatus 36
InPlacePodVerticalScalingExclusiveCPUs 35 InPlacePodVerticalScaling
InPlacePodVerticalScalingExclusiveMemory 35 InPlacePodVerticalScaling MemoryManager
InPlacePodVerticalScalingExclusiveMemory 36 InPlacePodVerticalScaling
InPlacePodVerticalScalingInitContainers 36 InPlacePodVerticalScaling NodeDeclaredFeatures
MatchLabelKeysInPodTopologySpreadSelectorMerge 35 MatchLabelKeysInPodTopologySpread
PodCertificateRequest 35 AuthorizeNodeWithSelectors
PodLevelResourceManagers 36 PodLevelResources
PodLifecycleSleepActionAllowZero 35 PodLifecycleSleepAction
ProcMountType 35 UserNamespacesSupport
ResourceHealthStatus 35 DynamicResourceAllocation
ResourceHealthStatusMessage 36 ResourceHealthStatus
RestartAllContainersOnContainerExits 35 ContainerRestartRules NodeDeclaredFeatures
ServiceAccountTokenNodeBinding 35 ServiceAccountTokenNodeBindingValidation
StaleControllerConsistencyDaemonSet 36 AtomicFIFO
StaleControllerConsistencyJob 36 AtomicFIFO
StaleControllerConsistencyReplicaSet 36 AtomicFIFO
StaleControllerConsistencyStatefulSet 36 AtomicFIFO
StorageVersionAPI 35 APIServerIdentity
StructuredAuthenticationConfigurationEgressSelector 35 StructuredAuthenticationConfiguration
StructuredAuthenticationConfigurationJWKSMetrics 35 StructuredAuthenticationConfiguration
TopologyAwareWorkloadScheduling 36 GenericWorkload
UnknownVersionInteroperabilityProxy 35 APIServerIdentity
UserNamespacesHostNetworkSupport 35 UserNamespacesSupport
UserNamespacesHostNetworkSupport 36 NodeDeclaredFeatures UserNamespacesSupport
WindowsCPUAndMemoryAffinity 35 MemoryManager
WindowsCPUAndMemoryAffinity 36
WindowsGracefulNodeShutdown 35 GracefulNodeShutdown
WorkloadAwarePreemption 36 GangScheduling
WorkloadWithJob 36 GenericWorkload
"""
