/**
 * Bodies of pods that a real API server takes, and of pods that it refuses: a topic after `#`, then one body a line. Each is
 * sent as a dry run.
 */

/** With what the server makes of them: defaults, amounts in their canonical form, what holds nothing left out. */
export const TAKEN_PODS = String.raw`
# shape
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}
# containers
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","terminationMessagePath":""}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","comand":["x"]}],"foo":1}}
{"metadata":{"name":"p","foo":"x"},"spec":{"containers":[{"name":"c","image":"i"}]}}
# ports
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":80},{"containerPort":81,"protocol":"UDP","name":"x"}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":1,"protocol":""}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":1},{"containerPort":1}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":1,"hostIP":"x"}]}]}}
# the node
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":80}]}],"hostNetwork":true}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"hostNetwork":false,"hostPID":false,"hostIPC":false,"hostUsers":true}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"shareProcessNamespace":false}}
# environment
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","value":"x"},{"name":"B"}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"1a b","value":""}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.annotations['a']"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"resourceFieldRef":{"resource":"limits.memory","divisor":"1Mi"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"resourceFieldRef":{"resource":"requests.hugepages-2Mi"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"configMapKeyRef":{"name":"a","key":"b","optional":true}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","envFrom":[{"configMapRef":{"name":"a"}},{"prefix":"x","secretRef":{"name":"b","optional":true}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","value":"x"},{"name":"A","value":"y"}]}]}}
# resources
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"cpu":"1000m","memory":"1024Mi"},"requests":{"cpu":0.5,"memory":"1e9"}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"cpu":1,"memory":1073741824}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{},"requests":{}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"nvidia.com/gpu":1}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"hugepages-2Mi":"4Mi","memory":"1Gi"}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"ephemeral-storage":"1Gi"}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"memory":"500m"}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"kubernetes.io/foo":1}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":"100m"}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"cpu":"100m","memory":"1Gi"}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"resources":{"requests":{"cpu":"1"},"limits":{"cpu":"2"}}}}
# probes
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"httpGet":{"port":80}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"exec":{"command":["a"]}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"grpc":{"port":80}}}]}}
# hooks
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","lifecycle":{"preStop":{"exec":{"command":["a"]}},"postStart":{"httpGet":{"port":80}}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","lifecycle":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","lifecycle":{"stopSignal":"SIGTERM"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","lifecycle":{"stopSignal":"SIGFOO"}}],"os":{"name":"linux"}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","lifecycle":{"stopSignal":"SIGTERM"}}],"os":{"name":"linux"}}}
# init containers
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"initContainers":[{"name":"i","image":"x"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"initContainers":[{"name":"i","image":"x","restartPolicy":"Always","startupProbe":{"exec":{"command":["a"]}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"initContainers":[{"name":"i","image":"x","restartPolicy":"Never"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","restartPolicy":"Always"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","restartPolicy":"Never","restartPolicyRules":[{"action":"Restart","exitCodes":{"operator":"In","values":[42]}}]}]}}
# policies and names
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"restartPolicy":""}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"dnsPolicy":"None","dnsConfig":{"nameservers":["1.1.1.1"]}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"dnsConfig":{}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"terminationGracePeriodSeconds":-1}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"terminationGracePeriodSeconds":0}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"activeDeadlineSeconds":5}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"hostnameOverride":"abc","hostname":"x"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"setHostnameAsFQDN":true}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"setHostnameAsFQDN":false}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"serviceAccount":"default"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"serviceAccount":"a","serviceAccountName":"default"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"imagePullSecrets":[{"name":"a"},{},{"name":""}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"automountServiceAccountToken":false}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"schedulerName":"my"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"schedulerName":""}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"priorityClassName":"system-node-critical"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"priority":0}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"enableServiceLinks":false}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"os":{"name":"windows"}}}
# gates and claims
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"schedulingGates":[{"name":"example.com/a"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"claims":[{"name":"a"}]}}],"resourceClaims":[{"name":"a","resourceClaimName":"x"}]}}
# security
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"securityContext":{"runAsNonRoot":true,"runAsUser":0}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","securityContext":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","securityContext":{"seccompProfile":{"type":"Unconfined"}}}]}}
# volumes
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","emptyDir":{"medium":"Memory","sizeLimit":"1024Mi"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","emptyDir":{"medium":"HugePages-2Mi"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","hostPath":{"path":"/a"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","secret":{"secretName":"a","items":[{"key":"a","path":"b"}]}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","configMap":{"name":"a","items":[{"key":"a","path":"b","mode":256}]}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"a"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"a","readOnly":false}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","csi":{"driver":"a"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","downwardAPI":{"items":[{"path":"a","fieldRef":{"fieldPath":"metadata.labels"}},{"path":"b","resourceFieldRef":{"containerName":"c","resource":"limits.cpu"}}]}}]}}
# projected volumes
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","projected":{"sources":[{"serviceAccountToken":{"path":"a"}},{"configMap":{"name":"a"}},{"secret":{"name":"b"}},{"downwardAPI":{"items":[{"path":"x","fieldRef":{"fieldPath":"metadata.name"}}]}}]}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","projected":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","projected":{"sources":[{"clusterTrustBundle":{"path":"x","name":"a"}}]}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","projected":{"sources":[{"clusterTrustBundle":{"path":"x"}},{"clusterTrustBundle":{"name":"a","signerName":"x"}}]}}]}}
# other volumes
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","ephemeral":{"volumeClaimTemplate":{"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","image":{"reference":"x"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","gitRepo":{"repository":"x"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","iscsi":{"targetPortal":"x","iqn":"iqn.2001-04.com.example:storage.kube.sys1.xyz","lun":0}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","rbd":{"monitors":["a"],"image":"x"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","azureDisk":{"diskName":"a","diskURI":"https://blob/x"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","scaleIO":{"gateway":"a","system":"b","secretRef":{"name":"x"},"volumeName":"v"}}]}}
# mounts
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","volumeMounts":[{"name":"v","mountPath":"/a"}]}],"volumes":[{"name":"v","emptyDir":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","volumeMounts":[{"name":"v","mountPath":"a:b","readOnly":false,"subPath":""}]}],"volumes":[{"name":"v","emptyDir":{}}]}}
# affinity
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"affinity":{"nodeAffinity":{}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"a","operator":"In","values":["b"]}]}]}}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"a","labelSelector":{"matchLabels":{"x":"y"}},"matchLabelKeys":["a"]}]}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"affinity":{}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"affinity":{"podAffinity":{},"nodeAffinity":{},"podAntiAffinity":{}}}}
# tolerations
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"tolerations":[{"key":"a","operator":"Exists","effect":"NoSchedule"},{"operator":"Exists"},{"key":"b","value":"c"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":5}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"tolerations":[{"operator":"Exists","effect":"NoExecute"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"tolerations":null}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"tolerations":[]}}
# spread
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchLabels":{"a":"b"}}}]}}
# zeros
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","stdin":true,"stdinOnce":true,"tty":true,"workingDir":""}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","stdin":false,"tty":false,"command":[],"args":[],"env":[],"ports":[],"volumeMounts":[],"envFrom":[]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[],"initContainers":[],"imagePullSecrets":[],"hostAliases":[],"nodeSelector":{},"securityContext":null,"affinity":null,"hostname":"","subdomain":"","nodeName":""}}
{"metadata":{"name":"p","labels":{},"annotations":{},"finalizers":[],"ownerReferences":[],"generateName":""},"spec":{"containers":[{"name":"c","image":"i"}]}}
# images and annotations
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"a:latest"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"a@sha256:aaa"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"host:5000/a"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","imagePullPolicy":""}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]},"status":{"phase":"Running","podIP":"1.1.1.1"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"workloadRef":{"name":"a","podGroup":"b"}}}
`;

/** Each wrong in a way people get it wrong. */
export const REFUSED_PODS = String.raw`
# shape
{"metadata":{"name":"p"}}
{"metadata":{"name":"p"},"spec":{}}
{"metadata":{"name":"p"},"spec":{"containers":[]}}
{"metadata":{"name":"p"},"spec":{"containers":null}}
{"metadata":{"name":"p"},"spec":{"containers":{}}}
{"metadata":{"name":"p"},"spec":{"containers":["a"]}}
{"metadata":{"name":"p"},"spec":"x"}
{"metadata":{"name":"p"},"spec":[]}
# containers
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":" a"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"image":"i"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"A_b","image":"i"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","image":"i"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":5}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":5,"image":"i"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"},{"name":"c","image":"i"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"initContainers":[{"name":"c","image":"i"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","imagePullPolicy":"Sometimes"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","terminationMessagePolicy":"x"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","command":"a b"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","args":[1]}]}}
# ports
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":70000}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":-1}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":1,"protocol":"tcp"}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":1,"name":"This_Is_Bad--name"}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":1,"name":"aaaaaaaaaaaaaaaaaaa"}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":1,"name":"a"},{"containerPort":2,"name":"a"}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":1,"hostPort":70000}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":1,"hostPort":7},{"containerPort":2,"hostPort":7}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":"80"}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":80.5}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":1,"name":"80"}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":99999999999}]}]}}
# the node
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":80,"hostPort":81}]}],"hostNetwork":true}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"hostUsers":false,"hostNetwork":true}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"shareProcessNamespace":true,"hostPID":true}}
# environment
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"value":"x"}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"a=b"}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","value":5}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","value":true}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","value":"x","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"},"secretKeyRef":{"name":"a","key":"b"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.foo"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.labels['a b']"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.labels"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"spec.foo['a']"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"fieldRef":{"apiVersion":"v2","fieldPath":"metadata.name"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"fieldRef":{}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"status.podIPs"}}},{"name":"B","valueFrom":{"fieldRef":{"fieldPath":"spec.nodeName"}}},{"name":"C","valueFrom":{"fieldRef":{"fieldPath":"spec.hostname"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"resourceFieldRef":{"resource":"limits.foo"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"resourceFieldRef":{}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu","divisor":"2"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"resourceFieldRef":{"resource":"limits.memory","divisor":"1m"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"configMapKeyRef":{"key":"b"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"configMapKeyRef":{"name":"a"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"configMapKeyRef":{"name":"a","key":"b c"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"configMapKeyRef":{"name":"A_","key":"b"}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"A_","key":".."}}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","envFrom":[{}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","envFrom":[{"configMapRef":{"name":"a"},"secretRef":{"name":"b"}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","envFrom":[{"configMapRef":{}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","envFrom":[{"configMapRef":{"name":"A_"}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","envFrom":[{"prefix":"a=b","configMapRef":{"name":"a"}}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":{"A":"b"}}]}}
# resources
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":"2"},"limits":{"cpu":"1"}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"cpu":"-1"}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"cpu":"x"}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"memory":"1GB"}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"foo":"1"}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"requests":{"nvidia.com/gpu":1}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"nvidia.com/gpu":"0.5"}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"nvidia.com/gpu":2},"requests":{"nvidia.com/gpu":1}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"hugepages-2Mi":"4Mi"}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"a b/c":"1"}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"claims":[{"name":"x"}]}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"storage":"1Gi"}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"pods":"1"}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"hugepages-2Mi":"3Mi","cpu":1}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"requests":{"requests.nvidia.com/gpu":1}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"resources":{"requests":{"cpu":"1","nvidia.com/gpu":1}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":"2"}}}],"resources":{"limits":{"cpu":"1"}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"resources":{"claims":[{"name":"a"}]}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resizePolicy":[{"resourceName":"cpu","restartPolicy":"x"}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resizePolicy":[{"resourceName":"foo","restartPolicy":"NotRequired"},{"resourceName":"cpu","restartPolicy":"RestartContainer"},{"resourceName":"cpu","restartPolicy":"RestartContainer"}]}]}}
# probes
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"httpGet":{}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"httpGet":{"port":"http","path":"x","scheme":"http","host":"h","httpHeaders":[{"name":"a b","value":"x"}]}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"exec":{"command":["a"]},"tcpSocket":{"port":1}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"exec":{}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"tcpSocket":{"port":0}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"tcpSocket":{"port":"A_B"}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"tcpSocket":{"port":""}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"grpc":{"port":0}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"grpc":{"port":"80"}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"exec":{"command":["a"]},"initialDelaySeconds":-1,"timeoutSeconds":-1,"periodSeconds":-1,"successThreshold":-1,"failureThreshold":-1}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"exec":{"command":["a"]},"successThreshold":2}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"exec":{"command":["a"]},"terminationGracePeriodSeconds":0}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"exec":{"command":["a"]},"periodSeconds":"5"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","readinessProbe":{"exec":{"command":["a"]},"terminationGracePeriodSeconds":5,"successThreshold":3}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","startupProbe":{"exec":{"command":["a"]},"successThreshold":3}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"httpGet":{"port":70000}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"httpGet":{"port":true}}}]}}
# hooks
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","lifecycle":{"preStop":{}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","lifecycle":{"preStop":{"exec":{"command":["a"]},"sleep":{"seconds":1}}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","lifecycle":{"preStop":{"sleep":{"seconds":100}}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","lifecycle":{"postStart":{"sleep":{"seconds":-1}}}}]}}
# init containers
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"initContainers":[{"name":"i","image":"x","restartPolicy":"Foo"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"initContainers":[{"name":"i","image":"x","livenessProbe":{"exec":{"command":["a"]}},"readinessProbe":{"exec":{"command":["a"]}},"startupProbe":{"exec":{"command":["a"]}},"lifecycle":{"preStop":{"exec":{"command":["a"]}}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"initContainers":[{"name":"i","image":"x","restartPolicy":""}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","restartPolicyRules":[{"action":"X"}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"ephemeralContainers":[{"name":"e","image":"x"}]}}
# policies and names
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"restartPolicy":"never"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"dnsPolicy":"x"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"dnsPolicy":"None"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"dnsConfig":{"nameservers":["x","1.1.1.1","1.1.1.2","1.1.1.3"],"searches":["A_b","ok.com","x.com.",".","a_b.c"],"options":[{"name":""},{"name":"ndots","value":"2"},{"value":"2"}]}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"terminationGracePeriodSeconds":"5"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"activeDeadlineSeconds":0}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"activeDeadlineSeconds":2147483648}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"hostname":"A.b"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"hostname":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"subdomain":"a.b"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"hostAliases":[{"ip":"x","hostnames":["A_"]},{"ip":"1.2.3.4"},{"hostnames":["a"]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"nodeName":"A_"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"nodeSelector":{"a b":"c","d":"e f"}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"nodeSelector":{"a":1}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"serviceAccountName":"A_"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"serviceAccountName":"nope"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"imagePullSecrets":["a"]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"priorityClassName":"nope"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"priority":5}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"preemptionPolicy":"Never"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"preemptionPolicy":"x"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"runtimeClassName":"nope"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"runtimeClassName":"A_"}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"overhead":{"cpu":1}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"os":{"name":"mac"}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"os":{}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"os":{"name":"linux"},"securityContext":{"windowsOptions":{"runAsUserName":"x"}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","securityContext":{"privileged":true,"capabilities":{"add":["X"]},"readOnlyRootFilesystem":true,"runAsUser":1,"allowPrivilegeEscalation":false,"procMount":"Default","runAsGroup":4}}],"os":{"name":"windows"},"hostPID":true,"securityContext":{"runAsUser":1,"fsGroup":1,"seLinuxOptions":{"level":"s"},"seccompProfile":{"type":"RuntimeDefault"},"sysctls":[{"name":"a","value":"b"}],"supplementalGroups":[1],"fsGroupChangePolicy":"Always","runAsGroup":5}}}
# gates and claims
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"schedulingGates":[{"name":"a"},{"name":"a"},{"name":""},{"name":"a b"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"nodeName":"x","schedulingGates":[{"name":"a"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"readinessGates":[{"conditionType":"a b"},{"conditionType":"x/y"},{}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"resourceClaims":[{"name":"a"},{"name":"a","resourceClaimName":"x","resourceClaimTemplateName":"y"},{"name":"A_","resourceClaimName":"x"}]}}
# security
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"securityContext":{"runAsUser":-1,"runAsGroup":-1,"fsGroup":-1,"supplementalGroups":[-1],"fsGroupChangePolicy":"x","sysctls":[{"name":"a b","value":""},{"name":"net.a","value":"1"},{"name":"net.a","value":"1"},{}]}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"securityContext":{"seccompProfile":{"type":"Localhost"}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"securityContext":{"seccompProfile":{"type":"x"}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"securityContext":{"seccompProfile":{"type":"RuntimeDefault","localhostProfile":"x"}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"securityContext":{"seccompProfile":{"type":"Localhost","localhostProfile":"../x"}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"securityContext":{"seccompProfile":{"type":"Localhost","localhostProfile":"/x"}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"securityContext":{"appArmorProfile":{"type":"Localhost"}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"securityContext":{"appArmorProfile":{"type":"x"}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"securityContext":{"seccompProfile":{}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"securityContext":{"supplementalGroupsPolicy":"x"}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"securityContext":{"seLinuxChangePolicy":"x"}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","securityContext":{"runAsUser":-1,"privileged":true,"allowPrivilegeEscalation":false}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","securityContext":{"capabilities":{"add":["CAP_SYS_ADMIN"]},"allowPrivilegeEscalation":false}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","securityContext":{"procMount":"x"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","securityContext":{"procMount":"Unmasked"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","securityContext":{"windowsOptions":{"hostProcess":true}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","securityContext":{"runAsUser":"1000"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"securityContext":{"windowsOptions":{"hostProcess":true}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"securityContext":{"windowsOptions":{"runAsUserName":"a\\b\\c","gmsaCredentialSpecName":"A_","gmsaCredentialSpec":""}}}}
# volumes
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"emptyDir":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"A_","emptyDir":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"a"},{"name":"a"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","emptyDir":{},"hostPath":{"path":"/x"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","emptyDir":{"medium":"x","sizeLimit":"-1"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","hostPath":{"path":"/a/../b","type":"x"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","hostPath":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","secret":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","secret":{"secretName":"a","defaultMode":1000}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","secret":{"secretName":"a","items":[{},{"key":"a"},{"key":"a","path":"/abs"},{"key":"a","path":"../x","mode":999},{"key":"a","path":"..x"}]}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","configMap":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","configMap":{"name":"a","defaultMode":-1}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","persistentVolumeClaim":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","nfs":{"server":"a","path":"x"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","nfs":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","csi":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","csi":{"driver":"A_","nodePublishSecretRef":{}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","downwardAPI":{"items":[{"path":"a"},{"path":"","fieldRef":{"fieldPath":"metadata.foo"}},{"path":"../x","fieldRef":{"fieldPath":"status.podIP"}},{"path":"b","resourceFieldRef":{"resource":"limits.cpu"}},{"path":"b","fieldRef":{"fieldPath":"metadata.name"},"resourceFieldRef":{"containerName":"c","resource":"limits.cpu"}}]}}]}}
# projected volumes
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","projected":{"sources":[{},{"secret":{}},{"configMap":{}},{"serviceAccountToken":{}},{"serviceAccountToken":{"path":"x","expirationSeconds":5}},{"secret":{"name":"a"},"configMap":{"name":"a"}}]}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","projected":{"sources":[{"secret":{"name":"a","items":[{"key":"a","path":"p"}]}},{"configMap":{"name":"a","items":[{"key":"a","path":"p"}]}}]}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","projected":{"sources":[{"serviceAccountToken":{"path":"x","expirationSeconds":9999999999}}]}}]}}
# other volumes
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","ephemeral":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","ephemeral":{"volumeClaimTemplate":{"spec":{}}}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","image":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","image":{"reference":"x:v1","pullPolicy":"x"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","gitRepo":{"directory":"../x"}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","gcePersistentDisk":{"partition":-1}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","awsElasticBlockStore":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","iscsi":{"iqn":"x","lun":300}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","glusterfs":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","rbd":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","cephfs":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","flexVolume":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","fc":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","azureFile":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","azureDisk":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","cinder":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","flocker":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","vsphereVolume":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","quobyte":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","photonPersistentDisk":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","portworxVolume":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","scaleIO":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","storageos":{}}]}}
# mounts
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","volumeMounts":[{"name":"v","mountPath":"/a"}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","volumeMounts":[{}]}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","volumeMounts":[{"name":"v","mountPath":"/a"},{"name":"v","mountPath":"/a"}]}],"volumes":[{"name":"v","emptyDir":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","volumeMounts":[{"name":"v","mountPath":"/a","subPath":"/x"},{"name":"v","mountPath":"/b","subPath":"../x"},{"name":"v","mountPath":"/c","subPath":"x","subPathExpr":"y"}]}],"volumes":[{"name":"v","emptyDir":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","volumeMounts":[{"name":"v","mountPath":"/a","mountPropagation":"x"},{"name":"v","mountPath":"/b","mountPropagation":"Bidirectional"}]}],"volumes":[{"name":"v","emptyDir":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","volumeMounts":[{"name":"v","mountPath":"/a","recursiveReadOnly":"Enabled"}]}],"volumes":[{"name":"v","emptyDir":{}}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","volumeDevices":[{"name":"v","devicePath":"/d"},{"name":"e","devicePath":"/e"},{"name":"v","devicePath":"/d"},{},{"name":"x","devicePath":"../x"}],"volumeMounts":[{"name":"v","mountPath":"/d"}]}],"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"x"}},{"name":"e"}]}}
# affinity
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[]}}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"a","operator":"In"}]}]}}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"a b","operator":"X","values":["a"]},{"key":"a","operator":"Exists","values":["x"]},{"key":"a","operator":"Gt","values":["x","y"]},{"key":"a","operator":"In","values":["x y"]}]}]}}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchFields":[{"key":"metadata.foo","operator":"In","values":["a"]},{"key":"metadata.name","operator":"Exists"},{"key":"metadata.name","operator":"In","values":["a","b"]}]}]}}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"affinity":{"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":0,"preference":{}},{"weight":101,"preference":{"matchExpressions":[{"key":"a","operator":"In"}]}},{"preference":{}}]}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{}]}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"a b","labelSelector":{"matchExpressions":[{"key":"a","operator":"In"}],"matchLabels":{"a b":"c"}}}]}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"a","namespaces":["A_"],"namespaceSelector":{},"labelSelector":{"matchLabels":{"a":"b"}}}]}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"a","matchLabelKeys":["a"],"mismatchLabelKeys":["a","b c"]}]}}}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"affinity":{"podAntiAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":0,"podAffinityTerm":{"topologyKey":""}}]}}}}
# tolerations
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"tolerations":[{"operator":"Equal"},{"key":"a","operator":"Exists","value":"x"},{"key":"a b","value":"c d"},{"key":"a","operator":"x"},{"key":"a","effect":"x"},{"key":"a","operator":"Exists","effect":"NoSchedule","tolerationSeconds":5},{"key":"","value":"x"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"tolerations":[{"key":"a","operator":"Lt","value":"5"}]}}
# spread
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"topologySpreadConstraints":[{},{"maxSkew":0,"topologyKey":"a b","whenUnsatisfiable":"x","minDomains":0},{"maxSkew":1,"topologyKey":"z","whenUnsatisfiable":"ScheduleAnyway","minDomains":2,"nodeAffinityPolicy":"x","nodeTaintsPolicy":"y"},{"maxSkew":1,"topologyKey":"z","whenUnsatisfiable":"ScheduleAnyway"}]}}
{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"z","whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchLabels":{"a":"b"}},"matchLabelKeys":["a","b","c d"]}]}}
# images and annotations
{"metadata":{"name":"p","annotations":{"seccomp.security.alpha.kubernetes.io/pod":"x","container.apparmor.security.beta.kubernetes.io/c":"x","kubernetes.io/config.mirror":"x"}},"spec":{"containers":[{"name":"c","image":"i"}]}}
{"metadata":{"name":"p","annotations":{"controller.kubernetes.io/pod-deletion-cost":"x"}},"spec":{"containers":[{"name":"c","image":"i"}]}}
`;
