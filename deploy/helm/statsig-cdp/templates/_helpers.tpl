{{- define "statsig-cdp.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}{{- end -}}
{{- end -}}
{{- end -}}

{{- define "statsig-cdp.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "statsig-cdp.labels" -}}
{{ include "statsig-cdp.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "statsig-cdp.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}{{- default (include "statsig-cdp.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}{{- default "default" .Values.serviceAccount.name -}}{{- end -}}
{{- end -}}

{{- /* Not empty where the outbox is in a database. */ -}}
{{- define "statsig-cdp.shared" -}}
{{- if or .Values.outbox.url .Values.outbox.existingSecret.name -}}shared{{- end -}}
{{- end -}}

{{- /* What contradicts itself, or would lose events, is said here and nothing is installed. */ -}}
{{- define "statsig-cdp.check" -}}
{{- $shared := include "statsig-cdp.shared" . -}}
{{- if and .Values.outbox.url .Values.outbox.existingSecret.name -}}
{{- fail "outbox.url and outbox.existingSecret contradict each other: set one of them." -}}
{{- end -}}
{{- if and (not $shared) .Values.autoscaling.enabled -}}
{{- fail "autoscaling needs a shared outbox: each pod with an outbox of its own would leave what waits in it behind. Set outbox.url or outbox.existingSecret." -}}
{{- end -}}
{{- if and (not $shared) (gt (int .Values.replicas) 1) -}}
{{- fail (printf "replicas: %d needs a shared outbox: an embedded one belongs to one process. Set outbox.url or outbox.existingSecret, or replicas: 1." (int .Values.replicas)) -}}
{{- end -}}
{{- if and $shared (not .Values.secrets.ADMIN_TOKEN) (not .Values.existingSecrets) -}}
{{- fail "A shared outbox needs ADMIN_TOKEN, one for all pods: set secrets.ADMIN_TOKEN, or name a Secret that holds it in existingSecrets." -}}
{{- end -}}
{{- $from := 0 -}}
{{- range list .Values.settings.documents .Values.settings.existingSecret .Values.settings.existingConfigMap -}}{{- if . -}}{{- $from = add1 $from -}}{{- end -}}{{- end -}}
{{- if gt (int $from) 1 -}}
{{- fail "settings.documents, settings.existingSecret and settings.existingConfigMap contradict each other: set one of them." -}}
{{- end -}}
{{- if and $from .Values.environment.STATSIG_CDP_SETTINGS -}}
{{- fail "environment.STATSIG_CDP_SETTINGS and settings contradict each other: the chart mounts what settings names." -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.service.public.enabled) -}}
{{- fail "ingress leads to the public port: set service.public.enabled." -}}
{{- end -}}
{{- end -}}
