package client

import (
	"errors"
	"log/slog"
)

// logAttempt records that an attempt ended.
func (d *doer) logAttempt(call *call, err error) {
	if d.logger.Enabled(call.ctx, slog.LevelDebug) {
		d.logger.LogAttrs(call.ctx, slog.LevelDebug, "highlevel: attempt", recordOf(call, err)...)
	}
}

// logFailure records that a call failed.
func (d *doer) logFailure(call *call, err error) {
	if d.logger.Enabled(call.ctx, slog.LevelWarn) {
		d.logger.LogAttrs(call.ctx, slog.LevelWarn, "highlevel: call failed", recordOf(call, err)...)
	}
}

// logDrift records that a body differs from the document, by its first place.
func (d *doer) logDrift(call *call) {
	if drift := call.response.Drift; len(drift) > 0 {
		d.logger.LogAttrs(call.ctx, slog.LevelWarn, "highlevel: answer differs from the document", append(recordOf(call, nil),
			slog.Int("places", len(drift)), slog.String("pointer", drift[0].Pointer),
			slog.String("want", drift[0].Want), slog.String("got", drift[0].Got))...)
	}
}

// recordOf tells of a call what is neither personal nor secret: the texts of errors stay out too.
func recordOf(call *call, err error) []slog.Attr {
	response := &call.response
	attrs := []slog.Attr{
		slog.String("operation", call.operation.id), slog.String("method", call.request.Method),
		slog.String("path", call.request.URL.EscapedPath()), slog.Int("status", response.StatusCode),
		slog.Int("attempt", response.Attempts), slog.Duration("wait", call.waited),
		slog.String("cf_ray", sanitize(response.Header.Get("Cf-Ray"))),
	}
	if limit := response.RateLimit; limit.Known {
		attrs = append(attrs, slog.Int("remaining", limit.Remaining), slog.Int("daily_remaining", limit.DailyRemaining))
	}
	if apiError, ok := errors.AsType[*Error](err); ok {
		attrs = append(attrs, slog.String("trace_id", sanitize(apiError.TraceID)))
	}
	return attrs
}
