{{- /* The operator's image: by digest where there is one. */}}
{{- define "refit.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag }}{{ end }}
{{- end }}
{{- end }}

{{- /* What of a pod's spec only the values say. */}}
{{- define "refit.pod" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
{{ toYaml . }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* The operator's variables: what follows from the mode, its settings by their names, and what is added. */}}
{{- define "refit.env" -}}
{{- if and .Values.watchNamespace .Values.settings.namespaces }}
{{- fail (printf "watchNamespace %q and settings.namespaces %q are both set: leave settings.namespaces out to serve one namespace, or watchNamespace to serve these of the whole cluster" .Values.watchNamespace .Values.settings.namespaces) }}
{{- end }}
{{- if and .Values.notifications.secret (not .Values.notifications.configMap) }}
{{- fail (printf "notifications.secret is %q and notifications.configMap isn't set: name the ConfigMap that has notifications.yaml, or leave notifications.secret out" .Values.notifications.secret) }}
{{- end }}
{{- with .Values.watchNamespace }}
- {name: REFIT_NAMESPACE, value: {{ . | quote }}}
{{- end }}
{{- with .Values.nameSuffix }}
- {name: REFIT_LEASE_NAME, value: refit-operator{{ . }}}
- {name: REFIT_PROGRESS_SECRET, value: refit-progress-tls{{ . }}}
{{- end }}
{{- with .Values.notifications.configMap }}
- {name: REFIT_NOTIFICATIONS, value: /etc/refit/notifications/notifications.yaml}
{{- end }}
{{- if .Values.audit.claim }}
- {name: REFIT_AUDIT_FOLDER, value: /var/lib/refit/audit}
{{- end }}
{{- range $name, $value := .Values.settings }}
- {name: REFIT_{{ snakecase $name | upper }}, value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}}
{{- end }}
{{- range .Values.extraEnv }}
- {name: {{ .name }}, value: {{ .value | quote }}}
{{- end }}
{{- end }}

{{- /* Who is notified, and where runs are kept: docs/how-to/notifications.md, docs/how-to/audit.md. */}}
{{- define "refit.mounts" -}}
{{- with .Values.notifications.configMap }}
- {name: notifications, mountPath: /etc/refit/notifications, readOnly: true}
{{- end }}
{{- with .Values.notifications.secret }}
- {name: notification-secrets, mountPath: /etc/refit/secrets, readOnly: true}
{{- end }}
{{- if .Values.audit.claim }}
- {name: audit, mountPath: /var/lib/refit/audit}
{{- end }}
{{- end }}

{{- define "refit.volumes" -}}
{{- with .Values.notifications.configMap }}
- {name: notifications, configMap: {name: {{ . | quote }}}}
{{- end }}
{{- with .Values.notifications.secret }}
- {name: notification-secrets, secret: {secretName: {{ . | quote }}}}
{{- end }}
{{- with .Values.audit.claim }}
- {name: audit, persistentVolumeClaim: {claimName: {{ . | quote }}}}
{{- end }}
{{- end }}
