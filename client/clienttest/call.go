package clienttest

import (
	"net/http"
	"net/url"
	"time"
)

// call is a request on its way through the fake. Each check fills in what it finds out.
type call struct {
	request   *http.Request
	operation *operation
	id        string // of the contact or business in the path
	query     url.Values
	received  []byte // the body as it was received
	bodyError error  // of reading it
	body      []byte // the body as the operation reads it, and as it is logged; nil if it has not been used
	now       time.Time
	traceID   string

	token    *Token
	location *Location
	budget   *budgetState // nil until the rate limit has been looked at
}

// answer is where the order of things stands: what is wrong first is what the caller hears of. Whether the API looks for the
// route before the version is not known.
func (s *Server) answer(c *call) answer {
	if c.operation == nil {
		return *unknownRoute(c.request.Method, c.request.URL.Path)
	}
	for _, check := range c.operation.checks() {
		if refusal := check(s, c); refusal != nil {
			return s.limited(c, *refusal)
		}
	}
	return s.limited(c, c.operation.handle(s, c))
}

type check func(*Server, *call) *answer

// checks are what an operation asks of a request, in the API's order.
func (o *operation) checks() []check {
	authorization := []check{(*Server).checkVersion, (*Server).checkToken, (*Server).checkUserType, (*Server).checkScope}
	switch {
	case o.userType == "":
		return nil
	case o.userType == UserTypeCompany:
		return authorization
	default:
		return append(authorization, (*Server).checkLocation, (*Server).checkBudget, (*Server).checkDocument)
	}
}
