"""Addresses and ports of the assembled node, away from every default so that nothing collides.

The node's address is the bridge's: it exists on every machine, whatever its own networks are, so certificates and
in-cluster addresses never change.
"""

NODE_NAME = "refit-node"
BRIDGE = "refit0"
NODE_IP = "10.244.0.1"
POD_CIDR = "10.244.0.0/24"
CLUSTER_CIDR = "10.244.0.0/16"
SERVICE_CIDR = "10.96.0.0/16"
API_SERVICE_IP = "10.96.0.1"

ETCD = 12379
ETCD_PEER = 12380
API_SERVER = 16443
CONTROLLER_MANAGER = 20257
SCHEDULER = 20259
KUBELET = 20250
KUBELET_HEALTH = 20248
KUBE_PROXY_HEALTH = 20256
KUBE_PROXY_METRICS = 20249
COREDNS_HEALTH = 20053
PROMETHEUS = 19090
DISCOVERY = 19091
REGISTRY = 19500

API_URL = f"https://127.0.0.1:{API_SERVER}"
PROMETHEUS_URL = f"http://127.0.0.1:{PROMETHEUS}"
