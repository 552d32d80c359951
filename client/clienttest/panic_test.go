package clienttest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
)

func TestNewServer_PanicFailsTheTest(t *testing.T) {
	t.Parallel()
	reported := &recorder{TB: t}
	s := NewServer(reported, WithoutSocket())
	s.operations[0].handle = func(*Server, *call) (wire.Response, error) { panic("at the disco") }
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/contacts/?locationId="+s.LocationID, nil)
	request.Header = http.Header{"Authorization": {"Bearer " + s.Token}, "Version": {"2021-07-28"}}
	recorder := httptest.NewRecorder()
	s.Handler().ServeHTTP(recorder, request)
	if recorder.Code != http.StatusInternalServerError {
		t.Errorf("got status %d, want 500", recorder.Code)
	}
	if !strings.Contains(reported.errors, "panic in GET /contacts/: at the disco") {
		t.Errorf("reported %q, want the panic", reported.errors)
	}
}

// recorder is a test that records its errors.
type recorder struct {
	testing.TB

	errors string
}

func (r *recorder) Errorf(format string, args ...any) { r.errors += fmt.Sprintf(format, args...) }
