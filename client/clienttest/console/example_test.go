package console_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/console"
)

// The handler serves the API of the fake and its page.
func ExampleHandler() {
	fake, err := clienttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()

	request := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "http://localhost/", nil)
	response := httptest.NewRecorder()
	console.Handler(fake).ServeHTTP(response, request) // a program calls http.ListenAndServe with the handler
	fmt.Println(response.Code, response.Header().Get("Content-Type"))
	// Output: 200 text/html; charset=utf-8
}
