obj.spec.approval = "Approved"
return obj
