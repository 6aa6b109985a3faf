import javax.xml.parsers.*;

class Example {
  void bad(InputStream in) throws Exception {
    // ruleid: java-xxe
    DocumentBuilderFactory f = DocumentBuilderFactory.newInstance();
    f.newDocumentBuilder().parse(in);
    // ruleid: java-xxe
    SAXParserFactory.newInstance().newSAXParser().parse(in, handler);
    // ruleid: java-xxe
    XMLInputFactory x = XMLInputFactory.newInstance();
  }

  void good(InputStream in) throws Exception {
    // ok: java-xxe
    DocumentBuilderFactory f = DocumentBuilderFactory.newInstance();
    f.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    f.newDocumentBuilder().parse(in);
    // ok: java-xxe
    XMLInputFactory x = XMLInputFactory.newInstance();
    x.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    // ok: java-xxe
    TransformerFactory t = TransformerFactory.newInstance(); // DocumentBuilderFactory.newInstance()
  }
}
