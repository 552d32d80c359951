package clienttest

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
)

func TestPanicOfAHandlerIsReported(t *testing.T) {
	t.Parallel()
	var reported error
	s, err := start(func(err error) { reported = errors.Join(reported, err) }, []Option{WithoutSocket()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.operations[0].handle = func(*Server, *call) (wire.Response, error) { panic("at the disco") }
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/contacts/?locationId="+s.LocationID, nil)
	request.Header = http.Header{"Authorization": {"Bearer " + s.Token}, "Version": {"2021-07-28"}}
	recorder := httptest.NewRecorder()
	s.Handler().ServeHTTP(recorder, request)
	if recorder.Code != http.StatusInternalServerError {
		t.Errorf("got status %d, want 500", recorder.Code)
	}
	if reported == nil || !strings.Contains(reported.Error(), "panic in GET /contacts/: at the disco") {
		t.Errorf("reported %v, want the panic", reported)
	}
}
