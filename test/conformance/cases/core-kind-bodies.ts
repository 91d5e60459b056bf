/** Bodies of the other kinds of core/v1, by resource: those that a real API server takes, and those that it refuses. */

/** A resource after `#`, then one body a line; each is sent as a dry run. */
export const TAKEN_OBJECTS = String.raw`
# services
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}]}}
{"metadata":{"name":"s"},"spec":{"clusterIP":"None"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":1,"targetPort":"http"}]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":1,"targetPort":0}]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":1,"targetPort":""}]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":1,"appProtocol":"kubernetes.io/h2c"}]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"type":"NodePort"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"type":"LoadBalancer"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"type":"LoadBalancer","loadBalancerClass":"x.y/z"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"type":"LoadBalancer","loadBalancerIP":"1.2.3.4"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"type":"LoadBalancer","allocateLoadBalancerNodePorts":false}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"type":"LoadBalancer","externalTrafficPolicy":"Local"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"internalTrafficPolicy":"Local"}}
{"metadata":{"name":"s"},"spec":{"type":"ExternalName","externalName":"a.com"}}
{"metadata":{"name":"s"},"spec":{"type":"ExternalName","externalName":"a.com."}}
{"metadata":{"name":"s"},"spec":{"type":"ExternalName","externalName":"a.com","ports":[{"port":80}]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"externalName":"a.com"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"clusterIP":""}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"clusterIP":"None","selector":{"a":"b"}}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"ipFamilyPolicy":"PreferDualStack"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"externalIPs":["1.2.3.4"]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"sessionAffinity":"ClientIP"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"sessionAffinityConfig":{"clientIP":{"timeoutSeconds":5}}}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"clusterIP":"None","sessionAffinity":"ClientIP"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"publishNotReadyAddresses":true}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"trafficDistribution":"PreferClose"}}
{"metadata":{"generateName":"x-"},"spec":{"ports":[{"port":80}]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"foo":1}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":53,"name":"a"},{"port":53,"name":"b","protocol":"UDP"}]}}
# persistentvolumes
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/a"}}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/a"},"mountOptions":["a"]}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"nfs":{"server":"a","path":"/b"}}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"local":{"path":"/a"},"nodeAffinity":{"required":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"a","operator":"In","values":["b"]}]}]}}}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"csi":{"driver":"a","volumeHandle":"b"}}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/a"},"claimRef":{"name":"a","namespace":"b"}}}
# persistentvolumeclaims
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1024Mi"}}}}
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},"storageClassName":""}}
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},"volumeName":"pv"}}
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},"dataSource":{"kind":"PersistentVolumeClaim","name":"x"}}}
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},"dataSource":{"kind":"Foo","name":"x"}}}
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},"dataSourceRef":{"apiGroup":"x.y","kind":"Foo","name":"x"}}}
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},"dataSource":{"apiGroup":"snapshot.storage.k8s.io","kind":"VolumeSnapshot","name":"x"}}}
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"2Gi"},"limits":{"storage":"1Gi"}}}}
{"metadata":{"name":"a.b"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}
# configmaps
{"metadata":{"name":"c"}}
{"metadata":{"name":"c"},"data":{"a":"b"}}
{"metadata":{"name":"c"},"data":{"a":null}}
{"metadata":{"name":"c"},"binaryData":{"a":"aGk="}}
{"metadata":{"name":"c"},"immutable":true,"data":{"a":"b"}}
{"metadata":{"name":"c"},"immutable":false}
{"metadata":{"name":"c"},"data":{"a":""}}
{"metadata":{"name":"c"},"data":{},"binaryData":{}}
{"metadata":{"name":"c"},"spec":{}}
# secrets
{"metadata":{"name":"c"}}
{"metadata":{"name":"c"},"data":{"a":"aGk="}}
{"metadata":{"name":"c"},"stringData":{"a":"hi"}}
{"metadata":{"name":"c"},"data":{"a":"aGk="},"stringData":{"a":"x","b":"y"}}
{"metadata":{"name":"c"},"type":"kubernetes.io/tls","data":{"tls.crt":"","tls.key":""}}
{"metadata":{"name":"c"},"type":"kubernetes.io/dockerconfigjson","stringData":{".dockerconfigjson":"{}"}}
{"metadata":{"name":"c"},"type":"bootstrap.kubernetes.io/token"}
{"metadata":{"name":"c"},"type":"my/type"}
{"metadata":{"name":"c"},"type":""}
{"metadata":{"name":"c"},"data":{"a":null}}
{"metadata":{"name":"c"},"stringData":{"a":""}}
{"metadata":{"name":"c"},"immutable":true}
# nodes
{"metadata":{"name":"n1"},"spec":{},"status":{"capacity":{"cpu":"4000m","memory":"8388608Ki"},"conditions":[{"type":"Ready","status":"True"}]}}
# limitranges
{"metadata":{"name":"l"},"spec":{"limits":[{"type":"Container","max":{"cpu":"1"},"default":{"memory":"1Gi"}}]}}
{"metadata":{"name":"l"},"spec":{"limits":[]}}
{"metadata":{"name":"l"},"spec":{"limits":[{"type":"PersistentVolumeClaim","min":{"storage":"1Gi"},"max":{"storage":"2Gi"}}]}}
{"metadata":{"name":"l"}}
# resourcequotas
{"metadata":{"name":"q"},"spec":{"hard":{"pods":"1","requests.cpu":"1000m","count/deployments.apps":5}}}
{"metadata":{"name":"q"},"spec":{}}
{"metadata":{"name":"q"},"spec":{"hard":{"pods":1}},"status":{"hard":{"pods":"5"}}}
# endpoints
{"metadata":{"name":"e"},"subsets":[{"addresses":[{"ip":"1.2.3.4"}],"ports":[{"port":80}]}]}
{"metadata":{"name":"e"}}
{"metadata":{"name":"e"},"subsets":[{"addresses":[{"ip":"1.2.3.4"}]}]}
# events
{"metadata":{"name":"e"},"involvedObject":{"kind":"Pod","name":"a","namespace":"$ns"},"reason":"x","message":"y"}
{"metadata":{"name":"e"},"involvedObject":{"kind":"Pod","name":"a","namespace":"$ns"},"firstTimestamp":"2020-01-01T00:00:00Z","lastTimestamp":null,"count":0,"eventTime":"2020-01-01T00:00:00.123456Z","reportingComponent":"a","reportingInstance":"b","action":"x","reason":"r","type":"Normal","source":{"component":"c"}}
{"metadata":{"name":"e"},"involvedObject":{"namespace":"$ns"},"type":"x"}
{"metadata":{"name":"e"},"involvedObject":{"namespace":"$ns"},"firstTimestamp":"2020-01-01T02:00:00.999Z","eventTime":null}
# serviceaccounts
{"metadata":{"name":"sa1"}}
{"metadata":{"name":"sa1"},"secrets":[{"name":"a"}],"imagePullSecrets":[{"name":"b"}],"automountServiceAccountToken":false}
# replicationcontrollers
{"metadata":{"name":"r"},"spec":{"selector":{"a":"b"},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}
{"metadata":{"name":"r"},"spec":{"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}
{"metadata":{"name":"r"},"spec":{"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":80}]}],"terminationGracePeriodSeconds":-1,"hostNetwork":true}}}}
# podtemplates
{"metadata":{"name":"t"},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}
# namespaces
{"metadata":{"name":"n1"}}
{"metadata":{"name":"n1"},"spec":{"finalizers":["foo.com/bar"]}}
{"metadata":{"name":"n1"},"status":{"phase":"Terminating"}}
{"metadata":{"name":"n1","labels":{"kubernetes.io/metadata.name":"x"}}}
`;

/** In the same form. */
export const REFUSED_OBJECTS = String.raw`
# services
{"metadata":{"name":"s"},"spec":{}}
{"metadata":{"name":"s"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80},{"port":81}]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80,"name":"a"},{"port":81,"name":"a"}]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80,"name":"a"},{"port":80,"name":"b"}]}}
{"metadata":{"name":"s"},"spec":{"ports":[{}]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":70000}]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":1,"protocol":"tcp"}]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":1,"targetPort":"A_B"}]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":1,"targetPort":70000}]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":1,"name":"A_B"}]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":1,"appProtocol":"a b"}]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"type":"x"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80,"nodePort":30080}]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"type":"LoadBalancer","loadBalancerSourceRanges":["x","10.0.0.0/8"]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"loadBalancerSourceRanges":["10.0.0.0/8"]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"type":"LoadBalancer","loadBalancerClass":"a b"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"loadBalancerClass":"x"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"allocateLoadBalancerNodePorts":true}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"type":"LoadBalancer","externalTrafficPolicy":"Cluster","healthCheckNodePort":30001}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"type":"NodePort","externalTrafficPolicy":"x"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"externalTrafficPolicy":"Local"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"internalTrafficPolicy":"x"}}
{"metadata":{"name":"s"},"spec":{"type":"ExternalName"}}
{"metadata":{"name":"s"},"spec":{"type":"ExternalName","externalName":"A_B"}}
{"metadata":{"name":"s"},"spec":{"type":"ExternalName","externalName":"a.com","clusterIP":"10.0.0.77"}}
{"metadata":{"name":"s"},"spec":{"type":"ExternalName","externalName":"a.com","clusterIP":"None"}}
{"metadata":{"name":"s"},"spec":{"type":"ExternalName","externalName":"a.com","ipFamilyPolicy":"SingleStack"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"clusterIP":"x"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"clusterIP":"192.168.0.1"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"clusterIPs":["10.0.0.123"]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"clusterIP":"10.0.0.5","clusterIPs":["10.0.0.6"]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"clusterIPs":["10.0.0.5","10.0.0.6"]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"clusterIPs":["None"]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"clusterIP":"None","type":"NodePort"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"ipFamilies":["x"]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"ipFamilies":["IPv6"]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"ipFamilyPolicy":"RequireDualStack"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"ipFamilyPolicy":"x"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"ipFamilies":["IPv4","IPv4"]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"ipFamilies":["IPv4","IPv6"]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"sessionAffinity":"x"}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":0}}}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":99999}}}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"selector":{"a b":"c d"}}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"selector":{"a":1}}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"trafficDistribution":"x"}}
{"metadata":{"name":"1abc"},"spec":{"ports":[{"port":80}]}}
{"metadata":{"name":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},"spec":{"ports":[{"port":80}]}}
{"metadata":{"name":"a.b"},"spec":{"ports":[{"port":80}]}}
{"metadata":{"name":"s"},"spec":{"ports":[{"port":"80"}]}}
{"metadata":{"name":"s"},"spec":{"type":"NodePort","ports":[{"port":80,"name":"a","nodePort":30100},{"port":81,"name":"b","nodePort":30100}]}}
# persistentvolumes
{"metadata":{"name":"pv1"},"spec":{}}
{"metadata":{"name":"pv1"}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"]}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/a"},"nfs":{"server":"a","path":"/b"}}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["x"],"hostPath":{"path":"/a"}}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOncePod","ReadWriteOnce"],"hostPath":{"path":"/a"}}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"cpu":"1"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/a"}}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi","cpu":"1"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/a"}}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"0"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/a"}}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"-1"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/a"}}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/a"},"persistentVolumeReclaimPolicy":"x"}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/"},"persistentVolumeReclaimPolicy":"Recycle"}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/a"},"storageClassName":"A_"}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/a"},"volumeMode":"x"}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"local":{"path":"/a"}}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"csi":{}}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"hostPath":{}}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/a"},"nodeAffinity":{}}}
{"metadata":{"name":"pv1"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/a"},"nodeAffinity":{"required":{"nodeSelectorTerms":[]}}}}
# persistentvolumeclaims
{"metadata":{"name":"c"},"spec":{}}
{"metadata":{"name":"c"}}
{"metadata":{"name":"c"},"spec":{"accessModes":["x"],"resources":{"requests":{"storage":"1Gi"}}}}
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOncePod","ReadWriteMany"],"resources":{"requests":{"storage":"1Gi"}}}}
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"0"}}}}
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"-1Gi"}}}}
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"x"}}}}
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},"storageClassName":"A_"}}
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},"volumeMode":"x"}}
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},"selector":{"matchExpressions":[{"key":"a","operator":"X"}]}}}
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},"dataSourceRef":{"kind":"","name":""}}}
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},"dataSource":{"kind":"PersistentVolumeClaim","name":"x"},"dataSourceRef":{"kind":"PersistentVolumeClaim","name":"y"}}}
{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},"volumeAttributesClassName":"A_"}}
# configmaps
{"metadata":{"name":"c"},"data":{"a":1}}
{"metadata":{"name":"c"},"data":{"a":true}}
{"metadata":{"name":"c"},"data":{"a":{"b":"c"}}}
{"metadata":{"name":"c"},"data":{"a b":"c"}}
{"metadata":{"name":"c"},"data":{"..":"c","..a":"d",".":"x"}}
{"metadata":{"name":"c"},"data":{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":"c"}}
{"metadata":{"name":"c"},"binaryData":{"a":"hi!"}}
{"metadata":{"name":"c"},"data":{"a":"b"},"binaryData":{"a":"aGk="}}
{"metadata":{"name":"c"},"immutable":"true"}
{"metadata":{"name":"c"},"data":[]}
{"metadata":{},"data":{}}
{"data":{}}
# secrets
{"metadata":{"name":"c"},"data":{"a":"hi!"}}
{"metadata":{"name":"c"},"data":{"a":"aGk"}}
{"metadata":{"name":"c"},"data":{"a":5}}
{"metadata":{"name":"c"},"stringData":{"a":5}}
{"metadata":{"name":"c"},"data":{"a b":"aGk="}}
{"metadata":{"name":"c"},"data":{"..a":"aGk="}}
{"metadata":{"name":"c"},"type":"kubernetes.io/tls"}
{"metadata":{"name":"c"},"type":"kubernetes.io/dockerconfigjson"}
{"metadata":{"name":"c"},"type":"kubernetes.io/dockerconfigjson","stringData":{".dockerconfigjson":"x"}}
{"metadata":{"name":"c"},"type":"kubernetes.io/dockercfg"}
{"metadata":{"name":"c"},"type":"kubernetes.io/dockercfg","stringData":{".dockercfg":"x"}}
{"metadata":{"name":"c"},"type":"kubernetes.io/basic-auth"}
{"metadata":{"name":"c"},"type":"kubernetes.io/ssh-auth"}
{"metadata":{"name":"c"},"type":"kubernetes.io/ssh-auth","data":{"ssh-privatekey":""}}
{"metadata":{"name":"c"},"type":"kubernetes.io/service-account-token"}
# nodes
{"metadata":{"name":"n1"},"spec":{"taints":[{"key":"a b","effect":"x"},{"key":"a","effect":"NoSchedule"},{"key":"a","effect":"NoSchedule"},{"key":"a","value":"b c","effect":"NoExecute"},{"effect":"NoSchedule"},{"key":"b"}]}}
{"metadata":{"name":"n1"},"spec":{"podCIDR":"x"}}
{"metadata":{"name":"n1"},"spec":{"podCIDRs":["10.0.0.0/24","10.1.0.0/24"]}}
{"metadata":{"name":"n1"},"spec":{},"status":{"capacity":{"cpu":"-1"},"addresses":[{"type":"InternalIP","address":"1.2.3.4"},{"type":"InternalIP","address":"1.2.3.4"}]}}
# limitranges
{"metadata":{"name":"l"},"spec":{"limits":[{"max":{"cpu":"1"}}]}}
{"metadata":{"name":"l"},"spec":{"limits":[{"type":"Foo","max":{"cpu":1}}]}}
{"metadata":{"name":"l"},"spec":{"limits":[{"type":"Container"},{"type":"Container"}]}}
{"metadata":{"name":"l"},"spec":{"limits":[{"type":"Container","min":{"cpu":"2"},"max":{"cpu":"1"}}]}}
{"metadata":{"name":"l"},"spec":{"limits":[{"type":"Container","default":{"cpu":"2"},"max":{"cpu":"1"}}]}}
{"metadata":{"name":"l"},"spec":{"limits":[{"type":"Container","defaultRequest":{"cpu":"2"},"default":{"cpu":"1"}}]}}
{"metadata":{"name":"l"},"spec":{"limits":[{"type":"Container","defaultRequest":{"cpu":"1m"},"min":{"cpu":"1"}}]}}
{"metadata":{"name":"l"},"spec":{"limits":[{"type":"Pod","max":{"cpu":"1"},"default":{"cpu":"1"}}]}}
{"metadata":{"name":"l"},"spec":{"limits":[{"type":"Pod","defaultRequest":{"cpu":"1"}}]}}
{"metadata":{"name":"l"},"spec":{"limits":[{"type":"Container","maxLimitRequestRatio":{"cpu":"0.5"}}]}}
{"metadata":{"name":"l"},"spec":{"limits":[{"type":"Container","min":{"cpu":"1"},"max":{"cpu":"2"},"maxLimitRequestRatio":{"cpu":"5"}}]}}
{"metadata":{"name":"l"},"spec":{"limits":[{"type":"Container","max":{"foo":"1"}}]}}
{"metadata":{"name":"l"},"spec":{"limits":[{"type":"PersistentVolumeClaim"}]}}
{"metadata":{"name":"l"},"spec":{"limits":[{"type":"Container","default":{"nvidia.com/gpu":1},"defaultRequest":{"nvidia.com/gpu":2}}]}}
# resourcequotas
{"metadata":{"name":"q"},"spec":{"hard":{"foo":"1","a b":"1","x.y/z":"1"}}}
{"metadata":{"name":"q"},"spec":{"hard":{"cpu":"-1"}}}
{"metadata":{"name":"q"},"spec":{"hard":{"pods":"0.5"}}}
{"metadata":{"name":"q"},"spec":{"hard":{"pods":1},"scopes":["x","BestEffort","NotBestEffort"]}}
{"metadata":{"name":"q"},"spec":{"hard":{"cpu":1},"scopes":["BestEffort"]}}
{"metadata":{"name":"q"},"spec":{"hard":{"pods":1},"scopeSelector":{"matchExpressions":[{"scopeName":"PriorityClass","operator":"In"},{"scopeName":"BestEffort","operator":"In","values":["a"]},{"scopeName":"x","operator":"Exists"},{"scopeName":"PriorityClass","operator":"x"}]}}}
# endpoints
{"metadata":{"name":"e"},"subsets":[{}]}
{"metadata":{"name":"e"},"subsets":[{"addresses":[{"ip":"1.2.3.4"}],"ports":[{"port":0},{"port":1,"protocol":"x"},{"port":2,"name":"A_"}]}]}
{"metadata":{"name":"e"},"subsets":[{"addresses":[{"ip":"1.2.3.4","hostname":"A_","nodeName":"B_"}],"ports":[]}]}
# events
{"metadata":{"name":"e"}}
{"metadata":{"name":"e"},"involvedObject":{"namespace":"other"}}
{"metadata":{"name":"e"},"involvedObject":{"kind":"Node","name":"n"}}
{"metadata":{"name":"e"},"involvedObject":{"namespace":"$ns"},"firstTimestamp":"yesterday"}
{"metadata":{"name":"e"},"involvedObject":{"namespace":"$ns"},"eventTime":"2020-01-01"}
{"metadata":{"name":"e"},"involvedObject":{"kind":"Pod","namespace":"$ns"},"eventTime":"2020-01-01T00:00:00.000000Z"}
# serviceaccounts
{"metadata":{"name":"sa1"},"secrets":["a"]}
# replicationcontrollers
{"metadata":{"name":"r"},"spec":{"selector":{"a":"c"},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}
{"metadata":{"name":"r"},"spec":{"selector":{"a":"b"}}}
{"metadata":{"name":"r"},"spec":{"replicas":-1,"minReadySeconds":-1,"selector":{"a":"b"},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}
{"metadata":{"name":"r"},"spec":{"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}],"restartPolicy":"Never","activeDeadlineSeconds":5}}}}
# podtemplates
{"metadata":{"name":"t"},"template":{}}
{"metadata":{"name":"t"},"template":{"metadata":{"labels":{"a b":"c"}},"spec":{"containers":[{"name":"c"}]}}}
# namespaces
{"metadata":{"name":"A.b"}}
{"metadata":{"name":"a.b"}}
{"metadata":{"name":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}
{"metadata":{"name":"n1"},"spec":{"finalizers":["x","foo.com/bar"]}}
{"metadata":{"name":"n1","labels":{"pod-security.kubernetes.io/enforce":"x"}}}
`;
