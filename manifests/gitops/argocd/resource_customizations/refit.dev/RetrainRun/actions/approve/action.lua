obj.spec.approval = "Approved"
-- the account by which Argo CD reaches the cluster: the policy refit-run-guard refuses any other name
obj.spec.approvalBy = "system:serviceaccount:argocd:argocd-server"
return obj
