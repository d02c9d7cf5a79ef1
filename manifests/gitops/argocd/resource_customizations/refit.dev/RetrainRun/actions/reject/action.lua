obj.spec.approval = "Rejected"
return obj
