// Posts the launch at once. Without JavaScript the button of the form does it.
document.querySelector('form[data-lancar]').submit();
