-- Healthy: the monitor works, whatever its metric says: a breach, a run and a refused candidate are what it is for.
-- Progressing: the operator hasn't seen the spec yet, or something that the spec names isn't there yet.
-- Degraded: only a change of the spec helps. Suspended: spec.suspend.
local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end

local function words(condition)
  return condition.reason .. ": " .. condition.message
end

if status.observedGeneration ~= obj.metadata.generation or conditions.Ready == nil then
  return {status = "Progressing", message = "Waiting for the operator to read generation " .. obj.metadata.generation}
end
if conditions.Stalled ~= nil and conditions.Stalled.status == "True" then
  return {status = "Degraded", message = words(conditions.Stalled)}
end
if conditions.Ready.status ~= "True" then
  return {status = "Progressing", message = words(conditions.Ready)}
end
if obj.spec.suspend then
  return {status = "Suspended", message = "spec.suspend is true: no new runs"}
end

local parts = {}
if conditions.WithinThreshold ~= nil then
  table.insert(parts, conditions.WithinThreshold.message)
end
if conditions.RetrainAllowed ~= nil and conditions.RetrainAllowed.status ~= "True" then
  table.insert(parts, words(conditions.RetrainAllowed))
end
return {status = "Healthy", message = status.state .. ": " .. table.concat(parts, "; ")}
