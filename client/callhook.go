package client

import (
	"context"
	"time"
)

// CallHook receives information about a call when it ends. See [WithCallHook].
type CallHook func(ctx context.Context, info CallInfo)

// CallInfo describes a call that has ended. It holds no token, query or body; Path contains IDs.
type CallInfo struct {
	Operation  string // operationId, such as "getContact"; "do" for Client.Do
	Method     string
	Path       string        // without the query
	StatusCode int           // of the last response; 0 if there was none
	Attempts   int           // requests sent
	Waited     time.Duration // for the rate limit and between attempts
	Duration   time.Duration // the whole call, Waited included
	RateLimit  RateLimit     // from the last response
	Err        error         // the error that the call returns, or nil; see Kind
}

// info returns the description of the call for the hooks.
func (c *call) info(err error) CallInfo {
	return CallInfo{
		Operation: string(c.operation), Method: c.request.Method, Path: c.path(),
		StatusCode: c.response.StatusCode, Attempts: c.response.Attempts,
		Waited: c.waited, Duration: time.Since(c.started), RateLimit: c.response.RateLimit, Err: err,
	}
}
