// Command etcd is etcd's server at a version that Kubernetes asks for: only from 3.5.13 on can the API server answer
// consistent lists from its memory, and Debian's 3.4 has neither kubeadm's flags nor /livez and /readyz.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
